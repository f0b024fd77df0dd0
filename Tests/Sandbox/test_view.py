"""What a task sees of the host's files, and what of its own reaches the disk."""
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

import host

TOOLS = ("sh", "cat", "ls", "mkdir", "mv", "ln", "rm", "cp", "chmod", "touch", "find", "dd", "df", "id", "stat", "sleep")


@pytest.fixture
def shell(caisson):
    """A shell with the usual tools, and the probe."""
    return caisson.policy("shell", commands=caisson.allow(*TOOLS, "probe"))


def writable_places():
    """Directories of the host in which this user can put a canary."""
    for place in ("/root", "/home", "/var", "/var/lib", "/var/tmp", "/opt", "/srv", "/tmp", "/mnt", "/run", "/etc", "/dev/shm"):
        if os.access(place, os.W_OK | os.X_OK):
            yield Path(place)


@pytest.fixture
def canaries(request):
    """A file with a secret in every place of the host that takes one."""
    name = f"caisson-canary-{os.getpid()}"
    made = []
    for place in writable_places():
        path = place / name
        path.write_text("canary")
        path.chmod(0o644)
        made.append(path)
    yield made
    for path in made:
        path.unlink(missing_ok=True)


@pytest.mark.clause("files.view")
@pytest.mark.control("files.view")
@pytest.mark.claim("S-12")
def test_nothing_of_the_host_is_seen(caisson, shell, canaries):
    assert len(canaries) >= 3
    outside = caisson.outside("touch", "r", *canaries).results
    assert set(outside.values()) == {"ok"}, "the control: outside they can be read"
    ended = caisson.run("probe", "touch", "r", *map(str, canaries), policy=shell)
    assert set(ended.results.values()) == {"ENOENT"}, ended.text
    found = caisson.run("find", "/", "-xdev", "-name", "caisson-canary*", policy=shell)
    everywhere = caisson.run("find", "/", "-path", "/proc", "-prune", "-o", "-name", "caisson-canary*", "-print", policy=shell)
    assert found.out == everywhere.out == b""


@pytest.mark.clause("files.write")
def test_what_is_written_outside_the_workspace_does_not_reach_the_host(caisson, shell, canaries):
    names = [str(path.parent / "caisson-canary-from-inside") for path in canaries]
    caisson.run("probe", "touch", "w", *names, policy=shell)
    assert not [name for name in names if os.path.lexists(name)]


@pytest.mark.clause("proc")
def test_the_host_s_processes_are_not_seen(caisson, shell):
    """F9, D4: /proc is the sandbox's own."""
    ended = caisson.run("sh", "-c", "ls /proc", policy=shell).ok()
    pids = [int(name) for name in ended.text.split() if name.isdigit()]
    assert pids and max(pids) < 20
    ended = caisson.run(
        "probe", "touch", "r", f"/proc/{os.getpid()}/cmdline", "/proc/1/environ", "/proc/1/root/etc/passwd", "/proc/1/maps", policy=shell)
    assert "ok" not in ended.results.values()


@pytest.mark.parametrize("path", [
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/kernel/ns_last_pid", "/proc/sysrq-trigger",
    "/proc/sys/fs/binfmt_misc/register", "/proc/sys/vm/drop_caches", "/proc/self/oom_score_adj",
    "/sys/fs/cgroup/release_agent", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs", "/dev/kmsg", "/dev/mem",
    "/dev/fuse", "/dev/net/tun", "/dev/kvm", "/dev/vda", "/dev/sda", "/dev/tty",
])
@pytest.mark.clause("proc", "devices")
def test_dangerous_files_can_not_be_written(caisson, policy, path):
    """D4, A8, G3."""
    ended = caisson.run("probe", "touch", "w", path, policy=policy)
    allowed = path == "/proc/self/oom_score_adj"
    assert ended.results[path] in ({"EACCES", "EROFS", "ENOENT"} | ({"EPERM"} if allowed else {"EPERM", "ENXIO"})), ended.text


@pytest.mark.parametrize("path", [
    "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/kallsyms", "/proc/kmsg", "/proc/config.gz",
    "/proc/sched_debug", "/proc/sys/kernel/cap_last_cap/..", "/sys", "/sys/kernel", "/sys/class/net", "/etc/shadow",
    "/etc/gshadow", "/etc/sudoers", "/etc/ssh", "/etc/ssl/private", "/root", "/boot", "/var/run/docker.sock",
    "/run/systemd/private", "/run/dbus/system_bus_socket", "/var/lib/dpkg", "/var/log",
])
@pytest.mark.clause("proc")
def test_what_tells_of_the_host_can_not_be_read(caisson, policy, path):
    """D4, K6."""
    results = caisson.run("probe", "touch", "r", path, policy=policy).results
    if path == "/proc/sys/kernel/cap_last_cap/..":
        assert results[path] in ("ENOTDIR", "EISDIR")
    elif path.startswith("/proc/") and results[path] == "ok":
        # What is masked can be opened where it was made empty: nothing comes out.
        assert caisson.run("cat", path, policy=caisson.policy("cat", commands=caisson.allow("cat"))).out == b""
    else:
        assert results[path] in ("ENOENT", "EACCES", "EPERM"), results


@pytest.mark.claim("S-12")
def test_etc_has_what_programs_need_and_no_secret(caisson, shell):
    names = set(caisson.run("ls", "/etc", policy=shell).ok().text.split())
    assert {"passwd", "group"} <= names and not {"shadow", "gshadow", "sudoers", "ssh", "machine-id", "fstab"} & names
    users = caisson.run("cat", "/etc/passwd", policy=shell).text.splitlines()
    assert [line.split(":")[0] for line in users] == ["task"] or len(users) <= 2
    assert not [line for line in users if line.split(":")[2] == "0"]


@pytest.mark.clause("identity")
@pytest.mark.claim("S-02")
def test_the_task_is_never_uid_0_inside(caisson, shell):
    assert caisson.run("sh", "-c", "id -u; id -un; id -G", policy=shell).text.split() == ["1000", "task", "1000"] or \
        not host.EFFECTIVE_ROOT


@pytest.mark.clause("owners")
def test_the_workspace_is_at_its_own_path_and_its_files_are_its_owner_s(caisson, shell):
    """What was made inside belongs on disk to the workspace's owner, with no chown."""
    owner = os.stat(caisson.workspace).st_uid
    caisson.run("sh", "-c", 'pwd > where; mkdir d; echo x > d/f; ln -s d l; ln d/f h; touch "$PWD/absolute"', policy=shell).ok()
    assert (caisson.workspace / "where").read_text().strip() == str(caisson.workspace)
    names = host.tree(caisson.workspace)
    assert names == ["absolute", "d", "d/f", "h", "l", "where"]
    assert {os.lstat(caisson.workspace / name).st_uid for name in names} == {owner}


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root can give a directory away")
@pytest.mark.clause("owners")
def test_the_workspace_of_another_user_gets_files_of_that_user(caisson, shell):
    os.chown(caisson.workspace, 4242, 4343)
    caisson.run("sh", "-c", "echo x > f; mkdir d", policy=shell).ok()
    for name in ("f", "d"):
        found = os.stat(caisson.workspace / name)
        assert (found.st_uid, found.st_gid) == (4242, 4343)


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root can put another's file into a workspace")
def test_files_of_others_in_the_workspace_can_not_be_written(caisson, shell):
    theirs = caisson.workspace / "theirs"
    theirs.write_text("canary")
    os.chown(theirs, 4242, 4242)
    theirs.chmod(0o644)
    caisson.run("sh", "-c", "echo broken > theirs; chmod 777 theirs", policy=shell)
    assert theirs.read_text() == "canary" and stat.S_IMODE(theirs.stat().st_mode) == 0o644


@pytest.mark.clause("set-user-id")
@pytest.mark.control("set-user-id")
@pytest.mark.claim("S-04")
def test_set_id_bits_never_reach_the_disk(caisson, policy):
    """D9; DESIGN, Traps: fchmod 06755 in an idmapped directory of root was uid 0 with mode 6755 on disk."""
    control = caisson.base / "control"
    control.mkdir()
    caisson.outside("setid", control)
    assert [name for name in host.tree(control) if has_set_id(control / name)], "the control: outside they do"
    ended = caisson.run("probe", "setid", ".", policy=policy)
    assert len(ended.results) >= 15
    found = host.tree(caisson.workspace)
    assert "m0" in found and not [name for name in found if has_set_id(caisson.workspace / name)], ended.text
    assert not [name for name in found if stat.S_ISCHR(os.lstat(caisson.workspace / name).st_mode)]
    assert not [name for name in found if capabilities(caisson.workspace / name)]
    for name in ("chmod", "fchmod", "fchmodat", "fchmod-high-bits", "open", "creat", "mkdir", "mknod"):
        assert ended.results[name] in ("EPERM", "ENOSYS"), ended.text


def has_set_id(path):
    return bool(os.lstat(path).st_mode & (stat.S_ISUID | stat.S_ISGID))


def capabilities(path):
    try:
        return os.getxattr(path, "security.capability", follow_symlinks=False)
    except OSError:
        return b""


def test_a_link_in_the_workspace_leads_nowhere_on_the_host(caisson, shell, canaries):
    """D1, 1.3 #219, #420: a link is followed inside the view, where its target is not."""
    for number, path in enumerate(canaries):
        (caisson.workspace / f"link{number}").symlink_to(path)
    (caisson.workspace / "root").symlink_to("/")
    (caisson.workspace / "up").symlink_to("../../../../../..")
    assert (caisson.workspace / "link0").read_text() == "canary", "the control: outside it leads there"
    names = [f"link{number}" for number in range(len(canaries))] + [f"root{path}" for path in canaries] + [f"up{path}" for path in canaries]
    ended = caisson.run("probe", "touch", "r", *names, policy=shell)
    assert set(ended.results.values()) == {"ENOENT"}
    caisson.run("sh", "-c", "for l in link*; do echo broken > $l; done", policy=shell)
    assert {path.read_text() for path in canaries} == {"canary"}


def test_the_directory_above_the_workspace_shows_nothing_else(caisson, shell):
    (caisson.base / "neighbour").write_text("canary")
    assert caisson.run("ls", "-a", "..", policy=shell).ok().text.split() == [".", "..", "workspace"]
    assert caisson.run("cat", "../neighbour", policy=shell).out == b""


@pytest.mark.clause("files.tmp")
def test_tmp_is_private_and_sized(caisson):
    policy = caisson.policy("tmp", files='tmp = "8 MiB"')
    marker = f"caisson-canary-{os.getpid()}-tmp"
    before = set(os.listdir("/tmp"))
    ended = caisson.run("probe", "fill", f"/tmp/{marker}", policy=policy).ok()
    assert 4 << 20 <= int(ended.results["filled"]) <= 8 << 20
    assert marker not in os.listdir("/tmp") and not {name for name in set(os.listdir("/tmp")) - before if "caisson" in name}
    assert "ENOENT" == caisson.run("probe", "touch", "r", f"/tmp/{marker}", policy=policy).results[f"/tmp/{marker}"]
    for place in ("/dev/shm/x", "/home/task/x"):
        assert int(caisson.run("probe", "fill", place, policy=policy).results["filled"]) <= 8 << 20, "D11: all of them are sized"


@pytest.mark.clause("files.home")
def test_home_is_fresh(caisson, shell):
    ended = caisson.run("sh", "-c", "echo $HOME; ls -A $HOME; echo x > $HOME/kept; ls -ld $HOME", policy=shell).ok()
    assert ended.text.startswith("/home/task\n") and "drwx------" in ended.text
    assert caisson.run("sh", "-c", "ls -A $HOME", policy=shell).text == ""
    assert not os.path.exists("/home/task/kept")


def test_a_home_that_is_kept(caisson):
    policy = caisson.policy("home", commands=caisson.allow("sh"), files='home = "{state}/home"')
    caisson.run("sh", "-c", "echo mine > ~/kept", policy=policy).ok()
    assert caisson.run("sh", "-c", "read line < ~/kept; echo $line", policy=policy).text == "mine\n"
    assert (caisson.state / "home" / "kept").stat().st_uid == os.geteuid()


@pytest.mark.parametrize("place", ["/usr", "/usr/bin", "/bin", "/etc", "/", "/lib", "/dev", "/proc", "/var", "/run", "/home"])
@pytest.mark.clause("mounts")
def test_the_system_is_read_only(caisson, shell, place):
    name = f"{place}/caisson-canary-written"
    ended = caisson.run("probe", "touch", "w", name, policy=shell)
    assert ended.results[name] in ("EROFS", "EACCES", "EPERM", "ENOENT"), ended.text
    assert not os.path.lexists(name)


@pytest.mark.clause("files.read", "mounts")
def test_truncating_a_read_only_file_fails(caisson):
    """D5."""
    place = caisson.base / "data"
    place.mkdir()
    (place / "file").write_text("canary")
    (place / "file").chmod(0o666)
    place.chmod(0o777)
    policy = caisson.policy("data", read=[place])
    assert caisson.run("probe", "touch", "r", str(place / "file"), policy=policy).results[str(place / "file")] == "ok"
    ended = caisson.run("probe", "tamper", str(place / "file"), str(place / "other"), policy=policy)
    assert "ok" not in ended.results.values(), ended.text
    assert (place / "file").read_text() == "canary" and host.tree(place) == ["file"]


@pytest.mark.clause("files.protect")
@pytest.mark.claim("S-13")
def test_protected_names_stand_everything(caisson):
    """B16; DESIGN, Traps: `mv .git .git2; mkdir -p .git/hooks` made writable hooks."""
    policy = caisson.policy(
        "protect", commands=caisson.allow("sh", "mv", "mkdir", "rm", "cp", "ln", "probe"),
        files='protect = ["{workspace}/**/.git/hooks", "{workspace}/.mcp.json", "{workspace}/.envrc"]')
    for place in (".git/hooks", "nested/.git/hooks"):
        (caisson.workspace / place).mkdir(parents=True)
        (caisson.workspace / place / "pre-commit").write_text("canary")
    (caisson.workspace / ".envrc").write_text("canary")
    caisson.run("sh", "-c", """
        mv .git .git2; mkdir -p .git/hooks; echo broken > .git/hooks/pre-commit
        mv nested nested2; mkdir -p nested/.git/hooks; echo broken > nested/.git/hooks/pre-commit
        rm -rf .git nested; ln -s /tmp .git
        echo broken > .mcp.json; mv .envrc .envrc2; echo broken > .envrc; cp /etc/passwd .envrc
        """, policy=policy)
    for name in (".git/hooks", ".git/hooks/pre-commit", ".envrc", ".mcp.json", "nested/.git/hooks/pre-commit"):
        ended = caisson.run("probe", "tamper", name, "other", policy=policy)
        assert not {"write", "truncate", "unlink", "rmdir", "rename", "rename-over", "exchange"} & {
            attempt for attempt, result in ended.results.items() if result == "ok"}, (name, ended.text)
    for place in (".git/hooks/pre-commit", "nested/.git/hooks/pre-commit", ".envrc"):
        assert (caisson.workspace / place).read_text() == "canary"
    assert not (caisson.workspace / ".mcp.json").exists(), "what stood in for a missing name is gone again"


@pytest.mark.clause("files.hide")
@pytest.mark.claim("S-13")
def test_hidden_names_can_not_be_read(caisson):
    policy = caisson.policy("hide", commands=caisson.allow("cat", "mv", "sh", "probe"), files='hide = ["{workspace}/.env", "{workspace}/secrets"]')
    (caisson.workspace / ".env").write_text("canary")
    (caisson.workspace / "secrets").mkdir()
    (caisson.workspace / "secrets" / "key").write_text("canary")
    ended = caisson.run("sh", "-c", "cat .env secrets/key; mv .env e; mv secrets s; cat e s/key", policy=policy)
    assert b"canary" not in ended.out + ended.err
    assert (caisson.workspace / ".env").read_text() == "canary" and (caisson.workspace / "secrets/key").exists()


@pytest.mark.clause("covers")
@pytest.mark.claim("S-14")
def test_a_mount_that_the_host_undoes_ends_the_task(caisson):
    """DESIGN, Traps: an atomic save on the host takes the mount off that name."""
    policy = caisson.policy("hide", commands=caisson.allow("sh", "cat", "sleep"), files='hide = ["{workspace}/.env"]')
    (caisson.workspace / ".env").write_text("canary")
    task = caisson.detach("sh", "-c", "echo on; while :; do cat .env; sleep 0.01; done", policy=policy).says("on")
    (caisson.workspace / ".new").write_text("canary-new")
    os.rename(caisson.workspace / ".new", caisson.workspace / ".env")
    ended = task.wait("5s")
    assert (ended.code, task.inspect()["end"]["cause"]) == (125, "layer_lost")
    assert task.logs().count(b"canary-new") <= 3, "it was read for a moment at most"


def test_files_that_the_workspace_has_mounted_stay_inside(caisson, shell):
    """Sockets and FIFOs of the workspace are the task's; nothing of them leads out."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(caisson.workspace / "s"))
        server.listen()
        server.settimeout(0.2)
        assert caisson.outside("path", str(caisson.workspace / "s")).results["path"] == "ok" or True
        ended = caisson.run("probe", "path", str(caisson.workspace / "s"), policy=shell)
        assert ended.results


def test_nothing_is_mounted_on_the_host_while_a_task_runs(caisson, policy):
    before = {place for place, *_ in host.mounts()}
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    assert {place for place, *_ in host.mounts()} == before
    task.stop().ok()


def test_no_workspace_is_said_and_the_task_has_none(caisson, shell):
    ended = caisson.run("sh", "-c", "pwd; ls -A", policy=shell, workspace=None, cwd="/")
    assert ended.text == "/home/task\n" and "no workspace" in ended.words
