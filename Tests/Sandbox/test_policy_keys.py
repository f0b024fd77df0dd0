"""Each key of a policy, alone: an attempt that it stops, and the same attempt under the same policy without it.

What happens is seen from outside: a canary in the workspace, a file, a listener, or what the host's /proc says."""
import json
import os
import resource
import time

import pytest

import host

RELAXED = {"files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"}
MEBIBYTE = 1 << 20


def relaxed(*keys):
    return RELAXED | {key: "a test" for key in keys}


@pytest.fixture
def canary(caisson):
    """Runs something that would make the file `canary`, and tells whether it came, and with which exit code."""
    def attempt(policy, *argv, **options):
        place = caisson.workspace / "canary"
        place.unlink(missing_ok=True)
        ended = caisson.run(*(argv or ("touch", "canary")), policy=policy, **options)
        return place.exists(), ended.code
    return attempt


# --- [commands]

@pytest.mark.clause("commands.allow", "commands.allow_all")
@pytest.mark.control("commands.allow", "commands.allow_all")
def test_commands_allow(caisson, canary):
    """Refused by the decision, and inside by the kernel."""
    shell = caisson.policy("allow-sh", commands=caisson.allow("sh"))
    both = caisson.policy("allow-both", commands=caisson.allow("sh", "touch"))
    everything = caisson.policy("allow-all", commands="allow_all = true", relax=relaxed("commands.allow_all"))
    assert canary(shell) == (False, 126) and canary(shell, "sh", "-c", "touch canary") == (False, 127)
    for policy in (both, everything):
        assert canary(policy) == (True, 0) and canary(policy, "sh", "-c", "touch canary") == (True, 0)


@pytest.mark.clause("commands.rule")
@pytest.mark.control("commands.rule")
def test_commands_rule(caisson, canary):
    def policy(name, program, line):
        rule = f'[[commands.rule]]\nprogram = "{program}"\n{line}\nreason = "a test"'
        return caisson.policy(name, commands=caisson.allow("sh", "touch") if program == "touch" else caisson.allow("sh"), rules=rule)
    assert canary(policy("deny", "touch", 'deny_arguments = ["canary*"]')) == (False, 126)
    assert canary(policy("deny-other", "touch", 'deny_arguments = ["other*"]')) == (True, 0)
    assert canary(policy("shape", "touch", 'allow_arguments = ["other"]')) == (False, 126)
    assert canary(policy("shape-other", "touch", 'allow_arguments = ["canary"]')) == (True, 0)
    assert canary(policy("children", "sh", 'children = ["/usr/bin/touch"]'), "sh", "-c", "touch canary") == (True, 0)
    assert canary(policy("other-children", "sh", 'children = ["/usr/bin/cat"]'), "sh", "-c", "touch canary") == (False, 127)


@pytest.mark.clause("commands.ask")
@pytest.mark.control("commands.ask")
def test_commands_ask(caisson, canary):
    """Nobody can be asked: it is refused."""
    assert canary(caisson.policy("ask", commands=caisson.allow("touch") + '\nask = ["touch canary"]')) == (False, 126)
    assert canary(caisson.policy("ask-other", commands=caisson.allow("touch") + '\nask = ["touch other"]')) == (True, 0)


@pytest.mark.clause("commands.path")
@pytest.mark.control("commands.path")
def test_commands_path(caisson, canary):
    """Names are looked up in it and nowhere else, whatever the caller's PATH says."""
    tools = caisson.base / "tools"
    tools.mkdir()
    (tools / "tool").write_bytes((caisson.tools / "probe").read_bytes())
    (tools / "tool").chmod(0o755)
    text = open(caisson.policy("path", commands=caisson.allow(tools / "tool"), read=[tools], own=True)).read()
    with_it = caisson.policies / "with.toml"
    with_it.write_text(text.replace("path = [", f'path = ["{tools}", '))
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    assert canary(str(caisson.policies / "path.toml"), "tool", "touch", "w", "canary", env=environment) == (False, 127)
    assert canary(str(with_it), "tool", "touch", "w", "canary", env=environment) == (True, 0)


# --- [files]

@pytest.mark.clause("files.view")
@pytest.mark.control("files.view")
def test_files_view(caisson):
    paths = ("/usr/lib/os-release", "/etc/passwd", "/usr/share")
    empty = caisson.run("probe", "touch", "r", *paths, policy=caisson.policy("view-empty", files='view = "empty"')).results
    system = caisson.run("probe", "touch", "r", "/usr/lib/os-release", policy=caisson.policy("view-system")).results
    assert empty["/usr/lib/os-release"] == empty["/usr/share"] == "ENOENT" and system["/usr/lib/os-release"] == "ok"


@pytest.mark.clause("files.workspaces")
@pytest.mark.control("files.workspaces")
def test_files_workspaces(caisson, canary):
    other = caisson.policy("places", commands=caisson.allow("touch"), files='workspaces = ["/srv/agents/*"]')
    ours = caisson.policy("own-places", commands=caisson.allow("touch"), files=f'workspaces = ["{caisson.base}/*"]', own=True)
    assert canary(other) == (False, 126) and canary(ours) == (True, 0)


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="it is about root's own directories")
@pytest.mark.clause("files.root_workspace")
@pytest.mark.control("files.root_workspace")
def test_files_root_workspace(caisson, canary):
    path = caisson.policy("touch", commands=caisson.allow("touch"), own=True)
    assert canary(path) == (True, 0)
    text = open(path).read().replace("root_workspace = true\n", "")
    (caisson.policies / "plain.toml").write_text("".join(
        part for part in text.partition("[[relax]]")[0] + "".join(
            f"[[relax]]{part}" for part in text.split("[[relax]]")[1:] if "root_workspace" not in part)))
    assert canary(str(caisson.policies / "plain.toml")) == (False, 126)
    os.chown(caisson.workspace, 4242, 4242)
    assert canary(str(caisson.policies / "plain.toml")) == (True, 0)


@pytest.mark.clause("files.read")
@pytest.mark.control("files.read")
def test_files_read(caisson):
    data = caisson.base / "data"
    data.mkdir()
    (data / "file").write_text("canary")
    attempt = ("probe", "touch", "r", str(data / "file"))
    assert caisson.run(*attempt, policy=caisson.policy("probe")).results[attempt[-1]] == "ENOENT"
    assert caisson.run(*attempt, policy=caisson.policy("read", read=[data])).results[attempt[-1]] == "ok"


@pytest.mark.clause("files.write")
@pytest.mark.control("files.write")
def test_files_write(caisson):
    place = caisson.base / "place"
    place.mkdir()
    place.chmod(0o777)
    attempt = ("probe", "touch", "w", str(place / "made"))
    readable = caisson.policy("readable", read=[place])
    writable = caisson.policy("writable", files=f'write = ["{{workspace}}", "{place}"]', relax=relaxed("files.write"))
    assert caisson.run(*attempt, policy=readable).results[attempt[-1]] in ("EROFS", "EACCES") and host.tree(place) == []
    assert caisson.run(*attempt, policy=writable).results[attempt[-1]] == "ok" and host.tree(place) == ["made"]
    assert (place / "made").stat().st_uid == os.geteuid()
    closed = caisson.policy("closed", files="write = []")
    assert caisson.run("probe", "touch", "w", "made", policy=closed).results["made"] in ("EROFS", "EACCES")
    assert host.tree(caisson.workspace) == []


@pytest.mark.clause("files.execute")
@pytest.mark.control("files.execute")
def test_files_execute(caisson):
    plain = caisson.policy("plain", commands="allow_all = true", relax=relaxed("commands.allow_all"))
    build = caisson.policy("execute", commands="allow_all = true", files='execute = ["{workspace}"]', relax=relaxed(
        "commands.allow_all", "files.execute"))
    ways = (". execve", ". execveat", ". mmap")
    refused = caisson.run("probe", "copies", ".", policy=plain).results
    allowed = caisson.run("probe", "copies", ".", policy=build).results
    assert {refused[way] for way in ways} <= {"EACCES", "EPERM"} and refused[". copy"] == "ok"
    assert [allowed[way] for way in ways] == ["RAN", "RAN", "ok"]


@pytest.mark.clause("files.tmp")
@pytest.mark.control("files.tmp")
def test_files_tmp(caisson):
    def filled(size):
        return int(caisson.run("probe", "fill", "/tmp/x", policy=caisson.policy("tmp", files=f'tmp = "{size} MiB"')).results["filled"])
    assert filled(4) <= 4 * MEBIBYTE < 6 * MEBIBYTE <= filled(8) <= 8 * MEBIBYTE


@pytest.mark.clause("files.home")
@pytest.mark.control("files.home")
def test_files_home(caisson):
    fresh = caisson.policy("fresh")
    kept = caisson.policy("kept", files='home = "{state}/home/apart"')
    for policy, expected in ((fresh, "ENOENT"), (kept, "ok")):
        caisson.run("probe", "touch", "w", "/home/task/made", policy=policy).ok()
        assert caisson.run("probe", "touch", "r", "/home/task/made", policy=policy).results["/home/task/made"] == expected
    assert (caisson.state / "home" / "apart" / "made").exists() and not os.path.exists("/home/task/made")


# --- [limits]

@pytest.mark.clause("limits.wall")
@pytest.mark.control("limits.wall")
def test_limits_wall(caisson):
    def ended(wall):
        return caisson.run("probe", "sleep", "1", policy=caisson.policy("wall", limits=f'wall = "{wall}"'), options=["--json"])
    assert ended("300 ms").code == 124 and ended("20 s").code == 0


@pytest.mark.clause("limits.grace")
@pytest.mark.control("limits.grace")
def test_limits_grace(caisson):
    """What does not heed the signal is killed after it, and not before."""
    times = {}
    for grace in ("100 ms", "1500 ms"):
        policy = caisson.policy("grace", limits=f'grace = "{grace}"')
        task = caisson.detach("probe", "linger", f"grace-{os.getpid()}", "deaf", policy=policy).says("ready")
        began = time.monotonic()
        task.stop().ok()
        times[grace] = time.monotonic() - began
    assert times["100 ms"] < 1.4 < times["1500 ms"]


@pytest.mark.clause("limits.open_files")
@pytest.mark.control("limits.open_files")
def test_limits_open_files(caisson):
    for count in (32, 64):
        policy = caisson.policy("files", limits=f"open_files = {count}")
        assert caisson.run("probe", "files", policy=policy).results["opened"] == str(count)


@pytest.mark.clause("limits.file_size")
@pytest.mark.control("limits.file_size")
def test_limits_file_size(caisson):
    for size in (1, 3):
        policy = caisson.policy("size", limits=f'file_size = "{size} MiB"', files='tmp = "64 MiB"')
        caisson.run("probe", "size", "file", policy=policy).ok()
        assert (caisson.workspace / "file").stat().st_size == size * MEBIBYTE


@pytest.mark.clause("limits.processes")
@pytest.mark.control("limits.processes")
def test_limits_processes(caisson):
    for count in (5, 25):
        policy = caisson.policy("processes", limits=f"processes = {count}")
        ended = caisson.run("probe", "processes", policy=policy)
        assert ended.results == {"processes": str(count), "fork": "EAGAIN"}


@pytest.mark.clause("limits.memory")
@pytest.mark.control("limits.memory")
def test_limits_memory(caisson):
    """With controllers for the task as a whole, and it is killed; else for each process, and it gets no more."""
    small, large = (
        caisson.run("probe", "memory", "67108864", policy=caisson.policy("memory", limits=f'memory = "{size} MiB"\nswap = "0 B"'))
        for size in (40, 400))
    assert large.code == 0 and int(large.results["memory"]) >= 64 * MEBIBYTE
    assert small.code == 137 or int(small.results["memory"]) < 40 * MEBIBYTE


@pytest.mark.clause("limits.cpu_time")
@pytest.mark.control("limits.cpu_time")
def test_limits_cpu_time(caisson):
    def ended(limit):
        policy = caisson.policy("cpu-time", limits=f'cpu_time = "{limit}"\nwall = "2500 ms"\ngrace = "0 s"')
        return caisson.run("probe", "spin", policy=policy, options=["--json"])
    assert ended("1 s").view["end"]["cause"] == "cpu_time" and ended("1 min").view["end"]["cause"] == "wall"


@pytest.mark.clause("limits.output")
@pytest.mark.control("limits.output")
def test_limits_output(caisson):
    for cap, recorded in (("64 KiB", 64 << 10), ("4 MiB", 2 * MEBIBYTE)):
        policy = caisson.policy("cap", limits=f'output = "{cap}"')
        before = caisson.ids
        ended = caisson.run("probe", "flood", str(2 * MEBIBYTE), policy=policy).ok()
        task = caisson.newest(before)
        assert len(ended.out) == 2 * MEBIBYTE and len(task.logs()) <= recorded
        assert (len(task.logs()) == 2 * MEBIBYTE) == (recorded == 2 * MEBIBYTE)


@pytest.mark.clause("limits.core")
@pytest.mark.control("limits.core")
def test_limits_core(caisson):
    """A pattern that starts a program of the host heeds 1 and not 0."""
    def soft(size):
        return int(caisson.run("probe", "crash", policy=caisson.policy("core", limits=f'core = "{size}"')).text.split()[1])
    assert soft("0 B") in (0, 1) and soft("2 MiB") == min(2 * MEBIBYTE, resource.getrlimit(resource.RLIMIT_CORE)[1] % (1 << 64))


# --- [syscalls], [privileges]

@pytest.mark.clause("syscalls.base")
@pytest.mark.control("syscalls.base")
def test_syscalls_base(caisson):
    outcome = {}
    for base in ("strict", "default"):
        policy = caisson.policy(f"base-{base}", files='view = "empty"', syscalls=f'base = "{base}"')
        outcome[base] = caisson.run("probe", "families", policy=policy).results["unix"]
    assert outcome == {"strict": "EPERM", "default": "ok"}


@pytest.mark.clause("syscalls.deny", "syscalls.allow")
@pytest.mark.control("syscalls.deny", "syscalls.allow")
def test_syscalls_allow_and_deny(caisson, canary):
    make = ("probe", "directory", "canary")
    assert canary(caisson.policy("deny-mkdir", syscalls='deny = ["mkdir", "mkdirat"]'), *make)[0] is False
    (made, _) = canary(caisson.policy("deny-nothing"), *make)
    assert made
    (caisson.workspace / "canary").rmdir()
    allowing = caisson.policy("allow-ptrace", syscalls='allow = ["ptrace"]', relax=relaxed("syscalls.allow"))
    answers = [caisson.run("probe", "syscalls", policy=policy).results["ptrace"] for policy in (caisson.policy("deny-nothing"), allowing)]
    assert answers == ["EPERM", "ok"]


@pytest.mark.clause("privileges.user")
@pytest.mark.control("privileges.user")
def test_privileges_user(caisson):
    """`task` as root is a user of the task's own. `caller` is not enforced as root, and so it is refused."""
    task = caisson.detach("probe", "pause", policy=caisson.policy("user", privileges='user = "task"')).says("ready")
    user = int(host.status(task.pid)["Uid"].split()[0])
    caller = caisson.policy("caller", privileges='user = "caller"', relax=relaxed("privileges.user"))
    ended = caisson.run("probe", "exit", "0", policy=caller)
    if host.EFFECTIVE_ROOT:
        assert user >= 0x70000000 and ended.code == 125 and "privileges.user" in ended.words
    else:
        assert user == os.geteuid() and ended.code == 0


# --- [retention]

@pytest.mark.clause("retention.ended")
@pytest.mark.control("retention.ended")
def test_retention_ended(caisson):
    tasks = {}
    for kept in ("100 ms", "1 h"):
        before = caisson.ids
        caisson.run("probe", "exit", "0", policy=caisson.policy("kept", retention=f'ended = "{kept}"')).ok()
        tasks[kept] = caisson.newest(before).id
    time.sleep(0.2)
    caisson.call("prune").ok()
    assert tasks["100 ms"] not in caisson.ids and tasks["1 h"] in caisson.ids


@pytest.mark.clause("retention.disk")
@pytest.mark.control("retention.disk")
def test_retention_disk(caisson):
    """Where all ended tasks together take more than a task's policy says, it goes; one whose policy says more stays."""
    tasks = {}
    for name, cap in (("old", "1 KiB"), ("kept", "1 TiB"), ("new", "1 KiB")):
        before = caisson.ids
        caisson.run("probe", "exit", "0", policy=caisson.policy("disk", retention=f'ended = "1 h"\ndisk = "{cap}"')).ok()
        tasks[name] = caisson.newest(before).id
    running = caisson.detach("probe", "sleep", "60", policy=caisson.policy("disk", retention='disk = "1 KiB"'))
    said = [json.loads(line) for line in caisson.call("prune", "--dry-run", "--json").ok().text.splitlines()]
    assert [(task["task_id"], task["because"]) for task in said] == [(tasks[name], "retention.disk") for name in ("old", "new")]
    assert all(task["bytes"] > 1024 for task in said) and set(tasks.values()) <= set(caisson.ids)
    assert caisson.call("prune", "--dry-run").ok().text.count("retention.disk") == 2
    caisson.call("prune").ok()
    assert set(caisson.ids) & {*tasks.values(), running.id} == {tasks["kept"], running.id}
    assert caisson.call("prune", "--dry-run").ok().text == "nothing would be removed\n"
    acts = [json.loads(line) for line in caisson.call("audit", "show", "--json", "--event", "act").ok().text.splitlines()]
    assert [(act["action"], act["because"]) for act in acts if tasks["old"] in act["tasks"]] == [("retention", "retention.disk")]
