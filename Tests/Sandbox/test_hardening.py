"""The smaller walls, one by one: each is tried inside, seen from outside, and left out once to show that it is the one that held.

A wall is left out by another kernel that only says that it was put up (otherkernel)."""
import ctypes
import os
import signal
import subprocess

import pytest

import host
from otherkernel import NUMBERS, end, needs_x86, on, rule, word

root_only = pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root can mount")
user_only = pytest.mark.skipif(host.EFFECTIVE_ROOT, reason="root may read every process")
RELAXED = {"files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"}
PR_SET_DUMPABLE, PR_SET_MDWE, PR_SET_SPECULATION_CTRL = 4, 65, 53


@pytest.fixture
def shell(caisson):
    return lambda name, files, *programs, **more: caisson.policy(
        name, commands=caisson.allow("sh", "cat", "ls", "mkdir", "mv", "rm", "sleep", "touch", "probe", *programs), files=files, **more)


def script(caisson, policy, text, **options):
    return caisson.run("sh", "-c", text, policy=policy, **options)


# --- What is hidden and protected

@pytest.mark.clause("files.hide")
@pytest.mark.control("files.hide")
def test_a_hidden_name_that_is_missing_can_not_be_made(caisson, shell):
    policy = shell("hide-missing", 'hide = ["{workspace}/.env", "{workspace}/config/secret"]')
    attempt = "echo x > .env; mkdir config; echo x > config/secret; mv config c; touch ran; ls -A"
    ended = script(caisson, policy, attempt)
    assert host.tree(caisson.workspace) == ["ran"], ended.words
    assert script(caisson, shell("hide-nothing", ""), attempt).text.split() == [".env", "c", "ran"], "the control: else they are made"


def test_what_stood_in_for_a_missing_name_goes_away_with_a_killed_monitor(caisson, shell):
    """The next front end takes it away; what the host made in the meantime stays."""
    policy = shell("hide-missing", 'hide = ["{workspace}/.env", "{workspace}/config/secret"]')
    task = caisson.detach("sh", "-c", "sleep 100", policy=policy)
    assert host.until(lambda: host.tree(caisson.workspace) == [".env", "config"])
    (caisson.workspace / ".env").unlink()
    (caisson.workspace / ".env").write_text("")
    for pid in caisson.airlocks([task.id]):
        os.kill(pid, signal.SIGKILL)
    assert task.wait().code == 125
    assert host.tree(caisson.workspace) == [".env"]


@pytest.mark.clause("files.protect")
@pytest.mark.control("files.protect")
def test_protected_by_a_pattern_as_found_at_the_launch(caisson, shell):
    policy = shell("protect-pattern", 'protect = ["{workspace}/**/.git/hooks"]')
    for place in ("a/b", "c"):
        (caisson.workspace / place / ".git/hooks").mkdir(parents=True)
    attempt = """for d in a/b c; do echo x > $d/.git/hooks/post-commit; mv $d/.git $d/g; done; mv a x; mv c y
        mkdir -p d/.git/hooks; echo later > d/.git/hooks/post-commit; ls -A"""
    ended = script(caisson, policy, attempt)
    assert ended.text.split() == ["a", "c", "d"], ended.words
    made = [name for name in host.tree(caisson.workspace) if name.endswith("post-commit")]
    assert made == ["d/.git/hooks/post-commit"], "what comes later is the task's own"
    ended = script(caisson, shell("hide-nothing", ""), attempt)
    assert ended.text.split() == ["d", "x", "y"], "the control: else they are moved and written"


@pytest.mark.clause("files.hide")
def test_a_directory_above_what_is_hidden_can_not_be_moved(caisson, shell):
    policy = shell("hide-above", 'hide = ["{workspace}/a/b/key"]')
    (caisson.workspace / "a/b").mkdir(parents=True)
    (caisson.workspace / "a/b/key").write_text("canary")
    ended = script(caisson, policy, "mv a x || mv a/b y || rm -rf a || :; cat x/b/key y/key a/b/key; ls a/b")
    assert b"canary" not in ended.out and "key" in ended.text and (caisson.workspace / "a/b/key").read_text() == "canary"


@root_only
def test_what_stood_in_for_a_missing_name_is_gone_from_somebody_else_s_directory(caisson, shell):
    """It takes CAP_DAC_OVERRIDE, which a monitor of root's keeps for it."""
    os.chown(caisson.workspace, 4242, 4242)
    caisson.workspace.chmod(0o755)
    script(caisson, shell("protect-theirs", 'protect = ["{workspace}/.mcp.json"]'), "touch ran").ok()
    assert host.tree(caisson.workspace) == ["ran"]


@pytest.mark.clause("files.hide", "files.protect")
def test_a_name_that_is_a_link(caisson, shell):
    """Hidden: what it leads to. Protected: the task could replace the link, and so nothing starts."""
    (caisson.workspace / "real").write_text("canary")
    (caisson.workspace / "link").symlink_to("real")
    ended = script(caisson, shell("hide-link", 'hide = ["{workspace}/link"]'), "cat link real; mv real other; cat other; echo end")
    assert ended.text == "end\n" and (caisson.workspace / "real").read_text() == "canary"
    attempt = "rm link; touch link; echo end"
    ended = script(caisson, shell("protect-link", 'protect = ["{workspace}/link"]'), attempt)
    assert ended.code == 126 and "can't be protected" in ended.words and (caisson.workspace / "link").is_symlink()
    assert script(caisson, shell("hide-nothing", ""), attempt).text == "end\n" and not (caisson.workspace / "link").is_symlink()


@pytest.mark.parametrize("purpose", ["hide", "protect"])
@pytest.mark.clause("covers")
def test_a_host_that_replaces_a_covered_file_ends_the_task(caisson, shell, purpose):
    policy = shell(f"{purpose}-lost", f'{purpose} = ["{{workspace}}/.envrc"]')
    (caisson.workspace / ".envrc").write_text("before")
    task = caisson.detach("sh", "-c", "echo on; sleep 60", policy=policy).says("on")
    (caisson.workspace / "new").write_text("after")
    os.rename(caisson.workspace / "new", caisson.workspace / ".envrc")
    assert task.wait("10s").code == 125
    end = task.inspect()
    assert (end["status"], end["end"]["cause"]) == ("lost", "layer_lost") and ".envrc" in end["reason"]
    assert (caisson.workspace / ".envrc").read_text() == "after"


@pytest.mark.control("covers")
def test_the_control_a_host_that_replaces_another_file_does_not(caisson, shell):
    policy = shell("hide-lost", 'hide = ["{workspace}/.envrc"]')
    for name in (".envrc", "other"):
        (caisson.workspace / name).write_text("before")
    task = caisson.detach("sh", "-c", "echo on; sleep 1; cat other", policy=policy).says("on")
    (caisson.workspace / "new").write_text("after")
    os.rename(caisson.workspace / "new", caisson.workspace / "other")
    assert task.wait("10s").code == 0 and task.logs() == b"on\nafter"


# --- Mounts

@pytest.fixture
def mounted(caisson):
    """Mounts a file system that allows everything, and takes it away at the end."""
    made = []

    def mount(place):
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "rw,suid,dev,exec,mode=0777", "canary", place], check=True)
        made.append(place)
        return place
    yield mount
    for place in reversed(made):
        subprocess.run(["umount", "--lazy", place], check=True)


@root_only
@pytest.mark.clause("mounts")
@pytest.mark.control("mounts")
def test_what_is_mounted_below_a_place_that_is_read_is_closed_with_it(caisson, mounted):
    """D8: MS_RDONLY alone closes one mount and not those below it."""
    data = caisson.base / "data"
    below = mounted(data / "below")
    (below / "file").write_text("canary")
    (below / "file").chmod(0o666)
    policy = caisson.policy("below", read=[data])
    control = caisson.outside("touch", "w", str(below / "new")).results
    assert control[str(below / "new")] == "ok"
    (below / "new").unlink()
    ended = caisson.run("probe", "touch", "w", str(below / "new"), str(below / "file"), policy=policy)
    assert set(ended.results.values()) <= {"EROFS", "EACCES"}, ended.text
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    flags = {place: flags for place, flags, *_ in host.mounts(task.pid)}[str(below)]
    assert {"ro", "nosuid", "nodev"} <= flags
    assert host.tree(below) == ["file"] and (below / "file").read_text() == "canary"


@root_only
def test_what_is_mounted_in_a_workspace_is_not_in_the_task_s(caisson, mounted, policy):
    below = mounted(caisson.workspace / "below")
    (below / "secret").write_text("canary")
    (below / "secret").chmod(0o666)
    assert caisson.outside("touch", "r", str(below / "secret")).results[str(below / "secret")] == "ok"
    ended = caisson.run("probe", "touch", "r", "below/secret", policy=policy)
    assert ended.results["below/secret"] == "ENOENT"


@needs_x86
@root_only
@pytest.mark.control("owners")
def test_the_control_without_the_mapping_nothing_can_be_written(caisson, policy):
    """The owner of the workspace is nobody that the task's user namespace knows."""
    for rules, outcome in (([rule("mount_setattr", "monitor", returns=0)], "EACCES"), ([rule("mount_setattr", "monitor")], "ok")):
        other, calls = on(caisson, *rules)
        assert other.run("probe", "touch", "w", "made", policy=policy).results["made"] == outcome and len(calls) == 1


@root_only
@pytest.mark.clause("owners")
def test_the_workspace_is_mapped_to_its_owner(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    flags = {place: flags for place, flags, *_ in host.mounts(task.pid)}
    assert "idmapped" in flags[str(caisson.workspace)]
    assert [place for place, each in flags.items() if "idmapped" in each] == [str(caisson.workspace)]


@pytest.mark.clause("devices", "terminal")
@pytest.mark.control("devices")
def test_dev_has_what_programs_need_and_no_terminal_of_the_host(caisson, shell):
    """tty is the terminal that controls the task: none here. pts is an instance of the sandbox's own, in which there is none yet."""
    names = script(caisson, shell("dev", ""), "ls -A /dev").ok().text.split()
    assert set(names) == {
        "null", "zero", "full", "random", "urandom", "fd", "stdin", "stdout", "stderr", "shm", "tty", "ptmx", "pts"}
    ours, theirs = os.openpty()
    try:
        assert script(caisson, shell("dev", ""), "ls -A /dev/pts").ok().text.split() == ["ptmx"]
        assert set(os.listdir("/dev/pts")) > {"ptmx"}, "the control: the host has some"
    finally:
        os.close(ours)
        os.close(theirs)


# --- /proc

@pytest.mark.clause("hardening.proc")
@pytest.mark.control("hardening.proc")
def test_proc_can_be_the_processes_alone(caisson, shell):
    attempt = ("touch", "r", "/proc/meminfo", "/proc/cpuinfo", "/proc/sys/kernel/ostype", "/proc/cmdline", "/proc/self/status")
    minimal = caisson.run("probe", *attempt, policy=shell("minimal", "", hardening='proc = "minimal"')).results
    assert minimal.pop("/proc/self/status") == "ok" and set(minimal.values()) == {"ENOENT"}
    assert set(caisson.run("probe", *attempt, policy=shell("own", "")).results.values()) == {"ok"}, "the control: else they are there"


@needs_x86
@pytest.mark.clause("proc")
def test_the_processes_of_others_can_not_even_be_seen(caisson, shell):
    """hidepid: init is not dumpable, and so it is somebody else's."""
    policy = shell("hidepid", "")
    assert "1" not in script(caisson, policy, "ls /proc").ok().text.split()
    # As the kernel would have it: the option is left out, and the comparison with the plan, which would notice, with it.
    other, calls = on(caisson, rule("fsconfig", "init", where={2: "hidepid"}, returns=0))
    ended = script(other, policy, "ls /proc")
    assert len(calls) == 1 and ended.code == 125 and "option./proc" in ended.words


@pytest.mark.control("proc")
def test_the_control_the_host_s_proc_shows_what_the_sandbox_s_does_not(caisson):
    paths = [f"/proc/{os.getpid()}/cmdline", "/proc/1/status", "/proc/keys"]
    assert set(caisson.outside("touch", "r", *paths).results.values()) == {"ok"}
    inside = caisson.run("probe", "touch", "r", *paths, policy=caisson.policy("probe")).results
    assert inside[paths[0]] == inside["/proc/1/status"] == "ENOENT" and inside["/proc/keys"] in ("EACCES", "ENOENT")


# --- Namespaces, descriptors, capabilities

@pytest.mark.control("namespaces")
def test_the_control_the_host_s_network_is_the_one_namespace_that_a_policy_leaves_out(caisson):
    reasons = RELAXED | {key: "a test" for key in ("network.mode", "require.degrade.scope", "require.degrade.ports")}
    policy = caisson.policy(
        "host-network", network='mode = "host"', degrade=("cgroup", "groups", "scope", "ports"), relax=reasons)
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    theirs, ours = host.namespaces(task.pid), host.namespaces("self")
    assert {name for name in ours if theirs[name] == ours[name]} == {"net"}


@pytest.mark.control("descriptors")
def test_the_control_descriptors_that_are_left_open_reach_a_child(caisson, policy):
    number = os.open(caisson.base, os.O_RDONLY)
    try:
        os.set_inheritable(number, True)
        outside = caisson.outside("identity", close_fds=False).text.splitlines()
        inside = caisson.run("probe", "identity", policy=policy, close_fds=False).text.splitlines()
    finally:
        os.close(number)
    assert f"fd {number}" in outside and f"fd {number}" not in inside


@root_only
@pytest.mark.control("capabilities")
def test_the_control_root_outside_has_the_power(caisson, policy):
    calls = ("setuid-0", "setgroups", "sethostname")
    outside = caisson.outside("syscalls").results
    inside = caisson.run("probe", "syscalls", policy=policy).results
    assert {outside[call] for call in calls[:2]} == {"ok"} and outside["sethostname"] == "EFAULT", "the call is let through"
    assert {inside[call] for call in calls} <= {"EPERM", "EINVAL"}


# --- Keys, memory, processors

def with_key():
    """A session keyring with a key in it: KEYCTL_JOIN_SESSION_KEYRING, add_key(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.syscall(250, 1, None) > 0 and libc.syscall(248, b"user", b"caisson-canary", b"x", 1, -3) > 0


@needs_x86
@pytest.mark.clause("keys")
@pytest.mark.control("keys")
def test_keys_of_the_caller_are_out_of_reach(caisson, policy):
    """Twice: no call for keys is let through, and where a policy lets them through, the session is another one."""
    open_ = caisson.policy("keys", syscalls='allow = ["@keyring"]', relax=RELAXED | {"syscalls.allow": "a test"})
    for each in (policy, open_):
        caisson.run("probe", "exit", "0", policy=each).ok()
    assert caisson.outside("keys", "caisson-canary", preexec_fn=with_key).results["search"] == "ok", "the control: outside it is found"
    assert caisson.run("probe", "keys", "caisson-canary", policy=policy, preexec_fn=with_key).results == {"search": "EPERM", "add": "EPERM"}
    assert caisson.run("probe", "keys", "caisson-canary", policy=open_, preexec_fn=with_key).results["search"] == "ENOKEY"
    other, calls = on(caisson, rule("keyctl", "task", nth=1, returns=1))
    found = other.run("probe", "keys", "caisson-canary", policy=open_, preexec_fn=with_key).results["search"]
    assert len(calls) == 1 and found == "ok", "the control: without a session of its own it is found"


WX = ("mmap-both", "mprotect", "pkey_mprotect")


@pytest.mark.clause("hardening.write_execute")
@pytest.mark.control("hardening.write_execute")
def test_memory_is_never_written_and_executed_where_the_policy_says_so(caisson):
    policy = caisson.policy("wx", hardening="write_execute = false")
    results = caisson.run("probe", "memory-wx", policy=policy).ok().results
    assert {results[way] for way in WX} <= {"EPERM", "EACCES"}, results
    control = caisson.run("probe", "memory-wx", policy=caisson.policy("probe")).results
    assert {control[way] for way in WX} == {"ok"}


@needs_x86
@pytest.mark.parametrize("left_out", ["MDWE", "filter"])
@pytest.mark.clause("hardening.write_execute")
def test_memory_that_is_written_and_executed_is_refused_twice(caisson, left_out):
    policy = caisson.policy("wx", hardening="write_execute = false")
    caisson.run("probe", "exit", "0", policy=policy).ok()
    other, calls = on(caisson, rule("prctl", "task", where={0: PR_SET_MDWE}, **({"returns": 0} if left_out == "MDWE" else {})))
    results = other.run("probe", "memory-wx", policy=policy).results
    assert len(calls) == 1
    if left_out == "MDWE":
        assert results["mdwe"] == "ok" and {results[way] for way in WX} <= {"EPERM", "EACCES"}, "the filter holds"
    elif results["mdwe"] != "EINVAL":
        assert results["mdwe"] == "1", "the kernel holds it as well, from Linux 6.3 on"


@pytest.mark.clause("hardening.speculation")
def test_speculation_is_off_where_the_policy_says_so_or_the_task_does_not_start(caisson):
    policy = caisson.policy("speculation", hardening='speculation = "mitigate"')
    ended = caisson.run("probe", "exit", "0", policy=policy)
    if ended.code:
        assert ended.code == 125 and ("the step hardening" in ended.words or "speculation_" in ended.words), ended.words
        return
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    for name in ("Speculation_Store_Bypass", "SpeculationIndirectBranch"):
        state = host.status(task.pid)[name]
        assert not state.endswith("enabled") and not state.removeprefix("not ").endswith(" vulnerable"), state


# --- Init and monitor

@pytest.fixture
def running(caisson, policy):
    """Starts a task, also on another kernel: the front end, the main process, init and the monitor."""
    started = []

    def start(*rules):
        caisson.run("probe", "exit", "0", policy=policy).ok()
        before = caisson.ids
        other, _ = on(caisson, *rules) if rules else (caisson, None)
        front = other.start("probe", "pause", policy=policy)
        started.append(front)
        task = caisson.newest(before).says("ready")
        init = int(host.status(task.pid)["PPid"])
        return front, task.pid, init, int(host.status(init)["PPid"])
    yield start
    for front in started:
        end(front)


@pytest.mark.clause("init and monitor")
def test_init_and_monitor_can_not_be_read_by_their_own_user(running):
    front, task, init, monitor = running()
    assert os.stat(f"/proc/{init}/status").st_uid == 0, "a process that is not dumpable belongs to root"
    if host.EFFECTIVE_ROOT:
        return
    assert os.stat(f"/proc/{monitor}/status").st_uid == 0
    assert open(f"/proc/{front.pid}/environ", "rb").read(), "the control: one's own process can be read"
    for pid in (init, monitor):
        for name in ("environ", "mem", "maps"):
            with pytest.raises(PermissionError):
                open(f"/proc/{pid}/{name}", "rb").read(1)


@needs_x86
@user_only
@pytest.mark.control("init and monitor")
def test_the_control_a_monitor_that_stays_dumpable_can_be_read(running):
    _, _, _, monitor = running(rule("prctl", "monitor", where={0: PR_SET_DUMPABLE}, returns=0))
    assert os.stat(f"/proc/{monitor}/status").st_uid == os.geteuid() and open(f"/proc/{monitor}/maps", "rb").read(1)


# What a monitor that was taken over would try: another call in the place of one of its own, which reads what the task's
# init says. The first three are the front end's, with the plan; the next three come before its confinement, the seventh after it.
NUMBERS |= {"recvmsg": 47, "socket": 41, "execve": 59, "mount": 165, "ptrace": 101, "bpf": 321, "unlink": 87, "mprotect": 10}
PATH = {(1, 0): word("/etc/pas"), (1, 8): int.from_bytes(b"swd\0\0\0\0\0", "little")}
ATTACKS = {
    "read a file": dict(to="openat", poke=PATH, change={0: 2**64 - 100, 2: 0, 3: 0}),
    "start a program": dict(to="execve", poke=PATH, copies={0: 1}, change={1: 0, 2: 0}),
    "make a socket": dict(to="socket", change={0: 2, 1: 1, 2: 0}),
    "mount": dict(to="mount", poke=PATH, copies={0: 1}, change={2: 0, 3: 0}),
    "trace": dict(to="ptrace", change={0: 0, 1: 0, 2: 0}),
    "another user": dict(to="setresuid", change={0: 12345, 1: 12345, 2: 12345}),
    "another process": dict(to="clone", change={0: 17, 1: 0, 2: 0, 3: 0, 4: 0}),
}
# Before its confinement, these come to something.
POSSIBLE = {"read a file", "make a socket"}


@needs_x86
@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.clause("init and monitor")
@pytest.mark.control("init and monitor")
@pytest.mark.claim("S-27")
def test_the_monitor_can_do_nothing_else_once_its_task_runs(caisson, policy, name):
    caisson.run("probe", "exit", "0", policy=policy).ok()
    other, calls = on(caisson, rule("recvmsg", "monitor", nth=7, **ATTACKS[name]))
    other.run("probe", "touch", "w", "canary", policy=policy)
    assert (caisson.workspace / "canary").exists(), "the task ran, and so the monitor was confined"
    assert len(calls) == 1 and set(calls.answers) <= {"EPERM", "EACCES", "ENOSYS"}, calls.lines
    if name in POSSIBLE:
        other, calls = on(caisson, rule("recvmsg", "monitor", nth=1, **ATTACKS[name]))
        other.run("probe", "exit", "0", policy=policy)
        assert calls.answers and isinstance(calls.answers[0], int) and calls.answers[0] > 0, calls.lines


@needs_x86
def test_a_task_without_its_landlock_meets_the_other_walls(caisson, shell):
    """SECURITY.md: nothing outside shows a Landlock domain. What it would hold is held by the view, the mask and noexec."""
    policy = shell("landlock", 'hide = ["{workspace}/.env"]\nprotect = ["{workspace}/.mcp.json"]')
    (caisson.workspace / ".env").write_text("canary")
    caisson.run("probe", "exit", "0", policy=policy).ok()
    other, calls = on(caisson, rule("landlock_restrict_self", "task", returns=0))
    ended = script(other, policy, "id; cat .env /etc/shadow; echo x > /usr/x; echo x > .mcp.json; rm -f .mcp.json; echo end")
    assert len(calls) == 1 and ended.text == "end\n", ended.text
    copies = other.run("probe", "copies", ".", "/tmp", "/dev/shm", policy=policy).results
    assert copies[". copy"] == "ok" and "RAN" not in copies.values()
    assert not (caisson.workspace / ".mcp.json").exists() and not os.path.exists("/usr/x")
