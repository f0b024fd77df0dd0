"""What the host's /proc says of a task and of its init while it runs, and that the receipt says the same."""
import os

import pytest

import host

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
NOTHING = "0" * 16


@pytest.fixture
def task(caisson, policy):
    return caisson.detach("probe", "linger", "posture", policy=policy).says("ready")


@pytest.fixture
def init(task):
    return int(host.status(task.pid)["PPid"])


def own_filters():
    return int(host.status("self")["Seccomp_filters"])


@pytest.mark.clause("capabilities", "identity")
@pytest.mark.claim("S-03")
def test_the_task_has_no_privilege(task):
    status = host.status(task.pid)
    assert {status[name] for name in CAPABILITIES} == {NOTHING}
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert int(status["Seccomp_filters"]) == own_filters() + 1
    uids, gids = status["Uid"].split(), status["Gid"].split()
    assert len(set(uids)) == 1 and len(set(gids)) == 1
    if host.EFFECTIVE_ROOT:
        assert int(uids[0]) >= 0x70000000, "a uid of its own, far from those of people"
        assert status["Groups"] == ""
    else:
        assert int(uids[0]) == os.getuid()


@pytest.mark.clause("init and monitor")
@pytest.mark.claim("S-03")
def test_the_init_has_no_privilege(init):
    status = host.status(init)
    assert {status[name] for name in CAPABILITIES} == {NOTHING}
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert status["NSpid"].split()[-1] == "1"


@pytest.mark.clause("init and monitor")
@pytest.mark.claim("S-27")
def test_the_monitor_keeps_only_what_it_needs(caisson, task, init):
    monitor = int(host.status(init)["PPid"])
    status = host.status(monitor)
    assert monitor in caisson.airlocks([task.id])
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    kill = f"{1 << 5:016x}" if host.EFFECTIVE_ROOT else NOTHING
    assert {status["CapInh"], status["CapAmb"], status["CapBnd"]} <= {NOTHING, host.status("self")["CapBnd"]}
    assert status["CapEff"] == status["CapPrm"] == kill
    assert host.session(monitor)["session"] == monitor and host.session(monitor)["terminal"] == 0


@pytest.mark.clause("namespaces")
@pytest.mark.claim("S-01")
def test_every_namespace_is_the_task_s_own(task):
    theirs, ours = host.namespaces(task.pid), host.namespaces("self")
    assert {name for name in ours if theirs[name] == ours[name]} == set()


@pytest.mark.claim("S-01")
def test_two_tasks_share_no_namespace_and_as_root_no_user(caisson, policy, task):
    other = caisson.detach("probe", "linger", "posture", policy=policy).says("ready")
    first, second = host.namespaces(task.pid), host.namespaces(other.pid)
    assert {name for name in first if first[name] == second[name]} == set()
    if host.EFFECTIVE_ROOT:
        assert host.status(task.pid)["Uid"] != host.status(other.pid)["Uid"]


def test_the_task_has_a_session_and_a_group_of_its_own(caisson, task, init):
    session = host.session(task.pid)
    assert session == {"group": task.pid, "session": task.pid, "terminal": 0}
    assert host.session(init)["session"] != session["session"]


@pytest.mark.clause("descriptors")
@pytest.mark.claim("S-15")
def test_the_task_has_three_descriptors(task):
    """G1: nothing of the caller, of the monitor or of init is left open."""
    found = host.descriptors(task.pid)
    assert sorted(found) == [0, 1, 2]
    assert found[0] == "/dev/null" and found[1].startswith("pipe:") and found[2].startswith("pipe:")


@pytest.mark.clause("descriptors")
@pytest.mark.claim("S-15")
def test_descriptors_of_the_caller_do_not_reach_the_task(caisson, policy):
    """G1, D2: CVE-2024-21626; a caller that leaks a directory, a socket and a file with a secret."""
    (caisson.base / "secret").write_text("canary")
    leaked = [os.open(caisson.base / "secret", os.O_RDONLY), os.open("/", os.O_RDONLY), os.open("/root" if host.EFFECTIVE_ROOT else "/", os.O_PATH)]
    high = os.dup2(leaked[0], 777)
    try:
        for number in (*leaked, high):
            os.set_inheritable(number, True)
        ended = caisson.run("probe", "identity", policy=policy, close_fds=False)
        task = caisson.detach("probe", "linger", "leaks", policy=policy, close_fds=False).says("ready")
    finally:
        for number in (*leaked, high):
            os.close(number)
    assert [line for line in ended.text.splitlines() if line.startswith("fd")] == ["fd 0", "fd 1", "fd 2"]
    assert sorted(host.descriptors(task.pid)) == [0, 1, 2]


@pytest.mark.clause("mounts")
def test_everything_in_the_view_is_nosuid_and_closed(caisson, task):
    """D8: mounts of the host below a read-only one are read-only, too."""
    writable, executable = set(), set()
    for place, flags, kind, _ in host.mounts(task.pid):
        assert "nosuid" in flags, place
        assert "nodev" in flags or place.startswith("/dev/"), place
        if "rw" in flags:
            writable.add(place)
            assert "noexec" in flags, f"{place} can be written and executed from"
        if "noexec" not in flags:
            executable.add(place)
    # /dev/pts holds nothing but the sandbox's own terminals: no file can be made in it.
    assert writable == {"/tmp", "/dev/shm", "/dev/pts", "/home/task", str(caisson.workspace)}
    assert executable <= {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", str(caisson.tools)} | {
        place for place in executable if place.startswith("/usr/")}


@pytest.mark.claim("S-12")
def test_the_root_is_read_only_and_nothing_of_the_host_s_root(task):
    root = [flags for place, flags, *_ in host.mounts(task.pid) if place == "/"][-1]
    assert {"ro", "nosuid", "nodev", "noexec"} <= root
    names = set(os.listdir(f"/proc/{task.pid}/root/"))
    assert names <= {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "tmp", "usr", "var"}


def test_mounts_of_the_sandbox_are_cut_off_from_the_host(task):
    lines = host.read(f"/proc/{task.pid}/mountinfo").decode().splitlines()
    assert not [line for line in lines if "shared:" in line or "master:" in line]


def test_the_limits_are_those_of_the_policy(caisson):
    policy = caisson.policy(
        "limits", limits='open_files = 77\nfile_size = "3 MiB"\nprocesses = 33\ncore = "0 B"\ncpu_time = "100 s"')
    task = caisson.detach("probe", "linger", "limits", policy=policy).says("ready")
    found = {}
    for line in host.read(f"/proc/{task.pid}/limits").decode().splitlines()[1:]:
        found[line[:26].strip()] = line[26:].split()[:2]
    assert found["Max open files"] == ["77", "77"]
    assert found["Max file size"] == [str(3 << 20)] * 2
    assert set(found["Max processes"]) <= {"33", "34"}
    assert set(found["Max core file size"]) <= {"0", "1"}
    assert found["Max cpu time"][0] == "100"


@pytest.mark.clause("receipt")
@pytest.mark.claim("S-26")
def test_the_receipt_agrees_with_what_proc_says(caisson, policy, task, init):
    lines = task.inspect()["receipt"]["lines"]
    assert all(line["agrees"] for line in lines)
    said = {(line["subject"], line["field"]): line["observed"] for line in lines}
    for subject, pid in (("task", task.pid), ("init", init)):
        status = host.status(pid)
        for field, name in zip(("inheritable", "permitted", "effective", "bounding", "ambient"), CAPABILITIES):
            assert said[subject, f"cap_{field}"] == status[name]
        assert said[subject, "no_new_privs"] == status["NoNewPrivs"] and said[subject, "seccomp"] == status["Seccomp"]
        assert said[subject, "seccomp_filters"] == status["Seccomp_filters"]
        assert said[subject, "uids"].split() == status["Uid"].split()
        assert said[subject, "gids"].split() == status["Gid"].split()
        assert said[subject, "groups"].split() == status["Groups"].split()
    for name in host.namespaces(task.pid):
        assert said["task", f"namespace.{name}"] == "own"
    assert said["task", "descriptors"] == "0 1 2"
    places = {place: flags for place, flags, *_ in host.mounts(task.pid)}
    for (subject, field), observed in said.items():
        if field.startswith("mount."):
            assert set(observed.split(",")) - {""} <= places[field.removeprefix("mount.")], field


def test_layers_that_are_missing_are_named(task):
    levels = {line["subject"]: line["level"] for line in task.inspect()["enforcement"]}
    assert levels["cgroup"] in ("enforced", "not enforced")
    assert set(levels.values()) <= {"enforced", "per process only", "not enforced", "not applicable"}


def test_a_layer_that_is_missing_and_required_refuses_the_launch(caisson):
    """Promise 1. Where the host delegates controllers, nothing is missing and nothing is refused."""
    strict = caisson.policy("strict", degrade=[], relax={"files.root_workspace": "the tests run as root, too"})
    before = caisson.ids
    ended = caisson.run("probe", "exit", "0", policy=strict)
    levels = caisson.detach("probe", "exit", "0", policy=caisson.policy("probe")).inspect()["enforcement"]
    missing = [line["subject"] for line in levels if line["subject"] in ("cgroup", "groups") and line["level"] == "not enforced"]
    if not missing:
        assert ended.code == 0
        return
    assert ended.code == 125 and len(caisson.ids) == len(before) + 1
    assert f'"{missing[0]}" is missing' in ended.words and "caisson doctor" in ended.words


def test_the_program_files_can_not_be_changed_through_proc(caisson, policy):
    """D3: CVE-2019-5736."""
    programs = [caisson.programs / name for name in ("caisson", "caisson-airlock", "caisson-server")]
    before = [path.read_bytes() for path in programs]
    ended = caisson.run("probe", "touch", "w", "/proc/1/exe", "/proc/self/exe", "/proc/2/exe", policy=policy)
    assert set(ended.results.values()) <= {"EACCES", "ENOENT", "EPERM", "EROFS", "ETXTBSY"}
    assert [path.read_bytes() for path in programs] == before
    assert (caisson.tools / "probe").stat().st_size > 0
