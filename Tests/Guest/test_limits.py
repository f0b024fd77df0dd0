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


def test_the_task_and_its_init_are_in_the_group_and_the_monitor_is_not(caisson, limited):
    task = caisson.detach("probe", "linger", "grouped", "setsid", "daemon", policy=limited()).says("ready")
    place, init = group.path(task.pid), int(host.status(task.pid)["PPid"])
    monitor = int(host.status(init)["PPid"])
    assert set(group.processes(place)) == {init, *host.having("grouped", "probe")}
    assert len(group.processes(place)) == 4
    assert group.path(monitor) != place


@pytest.mark.parametrize("memory, suffices", [("64 MiB", False), ("192 MiB", True)])
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
    if os.environ["CAISSON_KERNEL"] != "6.1":
        assert ended.view["usage"]["peak_processes"] == count


def test_pids_max_alone_stops_a_fork(caisson, limited):
    """The control of the group's limit: RLIMIT_NPROC is the same number, and here it is not what refuses."""
    task = caisson.detach("probe", "bomb", "bounded", policy=limited("processes = 500")).says("ready")
    place = group.path(task.pid)
    (place / "pids.max").write_text("30")
    assert host.until(lambda: group.events(place, "pids.events")["max"] > 0)
    task.stop("--grace", "0s").ok()
    assert not host.having("bounded") and task.id not in group.left()


def test_cores_are_limited(caisson, limited):
    """A fifth of a core: the same work takes five times as long, and the kernel counts how often it waited."""
    task = caisson.detach("load", "burn", "600", policy=limited('cpu = "0.2"'))
    place = group.path(task.pid)
    assert host.until(lambda: group.events(place, "cpu.stat")["nr_throttled"] > 2)
    assert task.wait().code == 0
    slow = share(task.inspect())
    quick = share(caisson.run("load", "burn", "600", policy=limited('cpu = "2.0"'), options=["--json"]).view)
    assert slow < 0.3 < quick, (slow, quick)


def share(view):
    return view["usage"]["cpu_ms"] / view["runtime_ms"]


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
    remove(place)


def remove(place):
    for child in [entry for entry in place.iterdir() if entry.is_dir()]:
        remove(child)
    host.until(lambda: group.text(place, "cgroup.events").startswith("populated 0"), 5)
    place.rmdir()


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
    ended = caisson.run("load", "fill", "128", policy=policy)
    assert ended.code != 0 and "child 0" not in ended.text


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


def test_an_ordinary_user_with_a_delegated_subtree_has_the_limits(delegated, caisson, limited, base):
    """As `systemd-run --user --scope -p Delegate=yes` leaves it: the subtree and the process in it are the user's."""
    for name in ("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
        os.chown(delegated / name, 4242, 4242)
    for place in (base / "workspace", base):
        os.chown(place, 4242, 4242)
    state = base / "state"
    state.mkdir(mode=0o700)
    os.chown(state, 4242, 4242)

    def become():
        (delegated / "cgroup.procs").write_text(str(os.getpid()))
        os.setgroups([])
        os.setresgid(4242, 4242, 4242)
        os.setresuid(4242, 4242, 4242)
    policy = limited('memory = "64 MiB"')
    ended = caisson.run(
        "load", "fill", "128", policy=policy, options=["--json"], env={"CAISSON_STATE": str(state)}, preexec_fn=become)
    assert ended.code == 137, ended.words
    assert ended.view["status"] == "out_of_memory" and ended.text == ""


# --- impossible limits

@pytest.mark.parametrize("memory", ["0 B", "4 KiB", "256 KiB"])
def test_memory_that_is_too_little_to_start_never_means_no_limit(caisson, limited, memory):
    ended = caisson.run("load", "fill", "32", policy=limited(f'memory = "{memory}"'))
    assert ended.code in (125, 126, 137) and ended.text == ""
    assert group.left() == []


@pytest.mark.parametrize("limits", ["processes = 0", 'cpu = "0"', 'memory = "-1 B"', 'cpu = "-1.0"', "processes = -1"])
def test_limits_that_make_no_sense_are_errors_of_the_policy(caisson, limited, limits):
    ended = caisson.run("probe", "exit", "0", policy=limited(limits))
    assert ended.code == 125 and ".toml:" in ended.words and "limits." in ended.words
