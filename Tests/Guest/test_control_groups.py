"""Limits of cgroup v2: of the whole task, in a group of its own, which is gone when the task is."""
import os
import signal
import subprocess
import time

import pytest

import group
import host

MEBIBYTE = 1 << 20


def test_the_group_has_the_limits_of_the_policy(caisson, limited):
    policy = limited('memory = "96 MiB"\nswap = "8 MiB"\nprocesses = 9\ncpu = "0.5"')
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    place = group.path(task.pid)
    assert place.parent == group.TASKS and place.name == task.id
    found = {name: group.text(place, name) for name in ("memory.max", "memory.swap.max", "memory.oom.group", "cpu.max")}
    assert found == {
        "memory.max": str(96 * MEBIBYTE), "memory.swap.max": str(8 * MEBIBYTE), "memory.oom.group": "1",
        "cpu.max": "50000 100000"}
    assert int(group.text(place, "pids.max")) == 10, "the task's nine and init"
    assert group.text(place, "cgroup.max.descendants") == "0"


@pytest.mark.control("cgroup.parent")
def test_the_task_and_its_init_are_in_the_group_and_the_monitor_is_not(caisson, limited):
    task = caisson.detach("probe", "linger", "grouped", "setsid", "daemon", policy=limited()).says("ready")
    place, init = group.path(task.pid), int(host.status(task.pid)["PPid"])
    monitor = int(host.status(init)["PPid"])
    assert set(group.processes(place)) == {init, *host.having("grouped", "probe")}
    assert len(group.processes(place)) == 4
    assert group.path(monitor) != place


@pytest.mark.parametrize("memory, suffices", [("64 MiB", False), ("192 MiB", True)])
@pytest.mark.clause("limits.memory")
@pytest.mark.control("limits.memory")
def test_out_of_memory_ends_the_whole_task(caisson, limited, memory, suffices):
    """Whichever of its processes took the memory. The control: with enough of it, the same task ends as it should."""
    ended = caisson.run("load", "fill", "128", policy=limited(f'memory = "{memory}"'), options=["--json"])
    if suffices:
        assert (ended.code, ended.text) == (0, "child 0\n")
        return
    view = ended.view
    assert (ended.code, ended.text) == (137, ""), "the parent was killed, too"
    assert (view["status"], view["end"]["cause"], view["end"]["limit"]) == ("out_of_memory", "memory", memory)
    assert 60 * MEBIBYTE <= view["usage"]["peak_memory_bytes"] <= 64 * MEBIBYTE
    assert f"limits.memory = {memory}" in view["reason"]


@pytest.mark.clause("limits.swap")
def test_swap_does_not_stand_in_for_memory(caisson, limited):
    """The control of `swap = "0 B"` is the limit in the group: this machine has no swap."""
    task = caisson.detach("probe", "pause", policy=limited('memory = "64 MiB"')).says("ready")
    assert group.text(group.path(task.pid), "memory.swap.max") == "0"


def test_temporary_files_count_as_memory(caisson, limited):
    """/tmp is a tmpfs: filling it is no way around the limit."""
    ended = caisson.run("probe", "fill", "/tmp/f", policy=limited('memory = "48 MiB"'), options=["--json"])
    assert ended.code == 137 and ended.view["status"] == "out_of_memory"


@pytest.mark.parametrize("count", [5, 20])
def test_processes_are_counted_and_the_next_fork_fails(caisson, limited, count):
    """I3: nobody is killed for it."""
    ended = caisson.run("probe", "processes", policy=limited(f"processes = {count}"), options=["--json"])
    assert ended.code == 0 and ended.results == {"processes": str(count), "fork": "EAGAIN"}
    assert ended.view["usage"]["refused_forks"] == 1
    if os.environ["CAISSON_KERNEL"] != "6.1":
        assert ended.view["usage"]["peak_processes"] == count


@pytest.mark.clause("limits.processes")
def test_pids_max_alone_stops_a_fork(caisson, limited):
    """The control of the group's limit: RLIMIT_NPROC is the same number, and here it is not what refuses."""
    task = caisson.detach("probe", "bomb", "bounded", policy=limited("processes = 500")).says("ready")
    place = group.path(task.pid)
    (place / "pids.max").write_text("30")
    assert host.until(lambda: group.events(place, "pids.events")["max"] > 0)
    task.stop("--grace", "0s").ok()
    assert not host.having("bounded") and task.id not in group.left()


@pytest.mark.clause("limits.cpu")
@pytest.mark.control("limits.cpu")
def test_cores_are_limited(caisson, limited):
    """A fifth of a core: the same work takes five times as long, and the kernel counts how often it waited."""
    task = caisson.detach("load", "burn", "600", policy=limited('cpu = "0.2"'))
    place = group.path(task.pid)
    assert host.until(lambda: group.events(place, "cpu.stat")["nr_throttled"] > 2)
    assert task.wait().code == 0
    slow = task.inspect()
    quick = caisson.run("load", "burn", "600", policy=limited('cpu = "2.0"'), options=["--json"]).view
    # What the launch took counts, too, and is slow under emulation.
    assert share(slow) < 0.45 < share(quick), (slow, quick)
    assert slow["usage"]["throttled_ms"] > 1000 and quick["usage"]["throttled_ms"] == 0


def share(view):
    return view["usage"]["cpu_ms"] / view["runtime_ms"]


@pytest.mark.clause("limits.cpu_time")
@pytest.mark.control("limits.cpu_time")
@pytest.mark.parametrize("words, code", [
    (["share", "5", "500"], 124), (["burn", "1500"], 124), (["deaf", "5000"], 124), (["share", "2", "300"], 0)])
def test_processor_time_is_that_of_all_processes_together(caisson, limited, words, code):
    """I5: no process of the first takes a second, and all of them do. The control is the last: it takes less."""
    policy = limited('cpu_time = "1 s"\ngrace = "300 ms"')
    ended = caisson.run("load", *words, policy=policy, options=["--json"])
    view = ended.view
    assert ended.code == code, view
    if code:
        assert (view["status"], view["end"]["cause"], view["end"]["limit"]) == ("timed_out", "cpu_time", "1 s")
        assert view["signal"] == ("SIGKILL" if words[0] == "deaf" else "SIGTERM")
        assert 1000 <= view["usage"]["cpu_ms"] < 2000 and "limits.cpu_time = 1 s" in view["reason"]


def test_waiting_takes_no_processor_time(caisson, limited):
    assert caisson.run("probe", "sleep", "3", policy=limited('cpu_time = "200 ms"')).code == 0


@pytest.mark.clause("limits.io")
@pytest.mark.control("limits.io")
def test_traffic_with_a_disk_is_limited(caisson, limited):
    """Eight mebibytes at two a second take about four; the control takes no more than the machine needs."""
    slow = caisson.detach("load", "write", "8", "file", policy=limited('io = "2 MiB/s"'))
    place = group.path(slow.pid)
    assert "rbps=2097152 wbps=2097152 riops=max wiops=max" in group.text(place, "io.max")
    assert slow.wait().code == 0
    lines = {line["subject"]: line for line in slow.inspect()["enforcement"]}
    assert lines["limits.io"]["level"] == "enforced" and lines["limits.io"]["wanted"] == "2 MiB/s"
    quick = caisson.run("load", "write", "8", "file", policy=limited()).results["milliseconds"]
    took = int(slow.logs().split()[1])
    assert took > 2500 and int(quick) < took / 2, (took, quick)


@pytest.mark.clause("limits.io")
def test_traffic_that_nobody_can_count_by_disk_is_refused(caisson):
    """The guest's /usr is an overlay over the host's share: no disk."""
    before = caisson.ids
    ended = caisson.run("probe", "exit", "0", policy=caisson.policy("rate", limits='io = "2 MiB/s"'))
    assert ended.code == 125 and caisson.ids == before and group.left() == []
    assert "lies on no disk of its own" in ended.words and "leave limits.io out" in ended.words


def test_usage_is_that_of_all_processes(caisson, limited):
    view = caisson.run("load", "fill", "40", policy=limited(), options=["--json"]).view
    assert 40 * MEBIBYTE <= view["usage"]["peak_memory_bytes"] < 60 * MEBIBYTE
    assert view["usage"]["cpu_ms"] > 0


def test_every_end_removes_the_group(caisson, limited):
    policy = limited('memory = "64 MiB"\nwall = "500 ms"\ngrace = "100 ms"')
    for words in (["probe", "exit", "3"], ["probe", "signal", "6"], ["probe", "pause"], ["load", "fill", "128"]):
        caisson.run(*words, policy=policy)
    task = caisson.detach("probe", "linger", "left-in-a-group", "setsid", "daemon", "exit", policy=policy)
    task.wait()
    assert host.until(lambda: group.left() == []), group.left()
    assert not host.having("left-in-a-group")


def test_a_stop_proves_that_the_group_is_empty(caisson, limited):
    task = caisson.detach(
        "probe", "linger", "proved", "setsid", "daemon", "ignore", "stop", "threads", "deaf", policy=limited()).says("ready")
    before = len(host.having("proved"))
    assert before >= 8
    task.stop("--grace", "0s").ok()
    assert host.having("proved") == []
    proof = task.inspect()["end"]["proof"]
    assert proof["kind"] == "cgroup_empty" and proof["at"] and proof["killed"] == before - 1
    assert task.id not in group.left()


def test_what_a_killed_monitor_leaves_is_swept_by_the_next_front_end(caisson, limited):
    task = caisson.detach("probe", "linger", "orphaned", "setsid", policy=limited()).says("ready")
    monitor = int(host.status(int(host.status(task.pid)["PPid"]))["PPid"])
    os.kill(monitor, signal.SIGKILL)
    assert host.until(lambda: not host.having("orphaned")), "the sandbox dies with it"
    assert task.id in group.left(), "the control: nobody has removed it yet"
    caisson.call("ps").ok()
    assert task.id not in group.left()
    end = task.inspect()["end"]
    assert (end["cause"], end["proof"]["kind"]) == ("monitor_died", "cgroup_empty")


@pytest.mark.parametrize("call, has_plan", [("bind", False), ("unlinkat", True)])
def test_what_a_killed_front_end_leaves_is_swept(caisson, limited, call, has_plan):
    """It made the group, and nothing had been started in it: before and after there was a plan that names the group."""
    bystander = caisson.detach("probe", "pause", policy=limited()).says("ready")
    before = set(group.left())
    subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL", caisson.program,
         *caisson.line(["probe", "pause"], limited(), caisson.workspace, [])],
        env=caisson.variables, cwd=caisson.base, stdin=subprocess.DEVNULL, timeout=60)
    left, = set(group.left()) - before
    tasks = caisson.state / "tasks"
    assert os.path.lexists(tasks / f".group-{left}") and (tasks / left).is_dir() == has_plan
    for name in os.listdir(tasks):
        if name.startswith("."):
            os.utime(tasks / name, (0, 0), follow_symlinks=False)
    caisson.call("ps").ok()
    assert set(group.left()) == before and bystander.id in before
    assert not [name for name in os.listdir(tasks) if name.startswith(".")]
    assert host.status(bystander.pid)["State"].startswith("S")


def test_a_group_that_is_just_being_made_is_not_swept(caisson, limited):
    caisson.run("probe", "exit", "0", policy=limited())
    name = "0123456789abcdef0123456789abcdef"
    note = caisson.state / f"tasks/.group-{name}"
    (group.TASKS / name).mkdir()
    note.symlink_to(group.TASKS / name)
    caisson.call("ps").ok()
    assert name in group.left()
    os.utime(note, (0, 0), follow_symlinks=False)
    caisson.call("ps").ok()
    assert name not in group.left() and not os.path.lexists(note), "the control"


def test_monitors_are_apart_and_outlive_the_group_of_their_front_end(caisson, limited, delegated):
    """A service that is restarted kills what is in its own group: the front ends, and no task."""
    policy = limited(cgroup=f'parent = "{delegated}"')
    before = caisson.ids
    front = caisson.start(
        "probe", "linger", "restarted", policy=policy, preexec_fn=lambda: (delegated / "cgroup.procs").write_text(str(os.getpid())))
    assert front.stdout.readline() == b"ready\n"
    task = caisson.newest(before)
    monitor = int(host.status(int(host.status(task.pid)["PPid"]))["PPid"])
    assert group.path(front.pid) == delegated / "supervisor"
    assert group.path(monitor) == delegated / "monitors/default"
    assert host.session(monitor) == {"group": monitor, "session": monitor, "terminal": 0}
    (delegated / "supervisor/cgroup.kill").write_text("1")
    assert front.wait(10) == -signal.SIGKILL
    assert task.inspect()["status"] == "running" and host.having("restarted") == [task.pid]
    task.stop().ok()


def test_what_is_put_into_the_group_ends_with_it(caisson, limited):
    """The group is empty when the task is over, and not only the namespace."""
    task = caisson.detach("probe", "pause", policy=limited()).says("ready")
    stranger = subprocess.Popen(["sleep", "1000"])
    (group.path(task.pid) / "cgroup.procs").write_text(str(stranger.pid))
    task.stop().ok()
    assert stranger.wait(5) == -signal.SIGKILL
    end = task.inspect()["end"]
    assert (end["cause"], end["proof"]["kind"], end["proof"]["killed"]) == ("stop", "cgroup_empty", 1)
    assert task.id not in group.left()


def test_a_group_that_disappears_ends_the_task_and_nothing_else(caisson, limited, delegated):
    """An operator kills and removes the parent while tasks run."""
    policy = limited(cgroup=f'parent = "{delegated}"')
    task = caisson.detach("probe", "linger", "parentless", "setsid", policy=policy).says("ready")
    place = group.path(task.pid)
    (place / "cgroup.kill").write_text("1")
    while place.is_dir():
        try:
            place.rmdir()
        except OSError:
            continue
    task.wait()
    view = task.inspect()
    assert not host.having("parentless") and (view["status"], view["signal"]) == ("signaled", "SIGKILL")
    assert view["end"]["proof"]["kind"] in ("init_reaped", "cgroup_empty"), "by who was the first to look"
    assert caisson.run("probe", "exit", "3", policy=policy).code == 3, "the next task has a parent again"


def test_a_frozen_group_can_be_ended(caisson, limited):
    """Whoever freezes it, init can't answer then: the kernel ends the group, and the number was counted before."""
    task = caisson.detach("probe", "linger", "frozen", "setsid", "daemon", policy=limited()).says("ready")
    (group.path(task.pid) / "cgroup.freeze").write_text("1")
    assert len(host.having("frozen")) == 3
    task.stop("--grace", "0s").ok()
    end = task.inspect()["end"]
    assert not host.having("frozen") and (end["proof"]["kind"], end["proof"]["killed"]) == ("cgroup_empty", 3)


def test_a_group_of_somebody_else_is_left_alone(caisson, limited):
    caisson.run("probe", "exit", "0", policy=limited())
    stranger = group.TASKS / "stranger"
    stranger.mkdir()
    try:
        assert caisson.run("probe", "exit", "0", policy=limited()).code == 0
        assert stranger.is_dir()
    finally:
        stranger.rmdir()


# --- where groups are made

@pytest.fixture
def delegated():
    """A group that an operator made for Caisson, with the controllers that it may hand down."""
    place = group.ROOT / f"delegated-{time.monotonic_ns()}"
    place.mkdir()
    yield place
    group.remove(place)


@pytest.mark.clause("cgroup.parent")
def test_the_policy_names_the_parent(delegated, caisson, limited):
    policy = limited('memory = "64 MiB"', cgroup=f'parent = "{delegated}"')
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    assert group.path(task.pid) == delegated / "tasks/default" / task.id
    assert group.text(group.path(task.pid), "memory.max") == str(64 * MEBIBYTE)


def test_a_parent_with_less_holds_the_tasks_to_it(delegated, caisson, limited):
    """A limit above the parent's changes nothing: the parent's own limit is what counts."""
    policy = limited('memory = "1 GiB"', cgroup=f'parent = "{delegated}"')
    assert caisson.run("load", "fill", "128", policy=policy).code == 0, "the control"
    (delegated / "memory.max").write_text(str(64 * MEBIBYTE))
    ended = caisson.run("load", "fill", "128", policy=policy, options=["--json"])
    assert ended.code == 137 and ended.text == ""
    assert "limit" not in ended.view["end"] and "a control group above it" in ended.view["reason"]


@pytest.mark.parametrize("parent", ["/sys/fs/cgroup/no/such", "/mnt/disk", "/sys/fs/cgroup/../cgroup/x"])
def test_a_parent_that_is_none_refuses_with_the_remedy(caisson, limited, parent):
    before = caisson.ids
    ended = caisson.run("probe", "exit", "0", policy=limited(cgroup=f'parent = "{parent}"'))
    assert ended.code in (125, 126) and ended.words.startswith("caisson: ") and caisson.ids == before
    assert "cgroup" in ended.words


def test_a_parent_with_processes_of_others_refuses(delegated, caisson, limited):
    """They block its controllers, and are not ours to move."""
    stranger = subprocess.Popen(["sleep", "100"])
    (delegated / "cgroup.procs").write_text(str(stranger.pid))
    try:
        ended = caisson.run("probe", "exit", "0", policy=limited(cgroup=f'parent = "{delegated}"'))
        assert ended.code == 125 and '"cgroup" is missing' in ended.words
        assert group.path(stranger.pid) == delegated
    finally:
        stranger.kill()
        stranger.wait()


@pytest.fixture(params=[0, 4242])
def delegate(request, delegated, caisson, base):
    """Starts front ends as a service with `Delegate=yes` does, of root or of an ordinary user, or
    `systemd-run --user --scope -p Delegate=yes`: in the subtree, which belongs to that user; and what else that user needs."""
    user, state = request.param, base / "state"
    state.mkdir(mode=0o700)
    for place in [base / "workspace", base, state, *(delegated / name for name in (
            "", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"))]:
        os.chown(place, user, user)

    def become():
        # What starts later is a child of what is there already, and in its leaf.
        leaf = delegated / "supervisor"
        ((leaf if leaf.is_dir() else delegated) / "cgroup.procs").write_text(str(os.getpid()))
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    return {"env": {"CAISSON_STATE": str(state)}, "preexec_fn": become}


def test_a_delegated_subtree_is_found_and_has_the_limits(delegate, caisson, limited):
    ended = caisson.run("load", "fill", "128", policy=limited('memory = "64 MiB"'), options=["--json"], **delegate)
    assert ended.code == 137, ended.words
    assert ended.view["status"] == "out_of_memory" and ended.text == ""


def test_a_delegated_subtree_keeps_front_ends_monitors_and_tasks_apart(delegate, delegated, caisson, limited):
    fronts = [caisson.start("probe", "linger", "delegated-0", policy=limited(), **delegate)]
    assert fronts[0].stdout.readline() == b"ready\n", fronts[0].stderr.read()
    fronts.append(caisson.start("probe", "linger", "delegated-1", policy=limited(), **delegate))
    assert fronts[1].stdout.readline() == b"ready\n", fronts[1].stderr.read()
    for number, front in enumerate(fronts):
        task, = [pid for pid in host.having(f"delegated-{number}") if pid != front.pid]
        monitor = int(host.status(int(host.status(task)["PPid"]))["PPid"])
        assert group.path(front.pid) == delegated / "supervisor" and group.path(monitor) == delegated / "monitors/default"
        assert group.path(task).parent == delegated / "tasks/default"
        front.send_signal(signal.SIGTERM)
        assert front.wait(20) == 143
    assert host.until(lambda: not [place for place in (delegated / "tasks/default").iterdir() if place.is_dir()])


def test_a_parent_that_is_killed_takes_tasks_and_monitors_and_the_next_front_end_says_so(delegated, caisson, limited):
    policy = limited(cgroup=f'parent = "{delegated}"')
    task = caisson.detach("probe", "linger", "all-killed", "setsid", policy=policy).says("ready")
    place = group.path(task.pid)
    (delegated / "cgroup.kill").write_text("1")
    assert host.until(lambda: not host.having("all-killed"))
    caisson.call("ps").ok()
    view = task.inspect()
    assert (view["status"], view["end"]["cause"], view["end"]["proof"]["kind"]) == ("lost", "monitor_died", "cgroup_empty")
    assert not place.exists() and task.wait().code == 125


# --- impossible limits

@pytest.mark.parametrize("memory", ["0 B", "4 KiB", "256 KiB", "1 MiB"])
def test_memory_that_is_too_little_to_start_never_means_no_limit(caisson, limited, memory):
    ended = caisson.run("load", "fill", "32", policy=limited(f'memory = "{memory}"'))
    assert ended.code in (125, 126, 137) and ended.text == ""
    assert group.left() == []
