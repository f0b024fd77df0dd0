"""Limits: time, processors, files, sizes, processes, memory, cores."""
import os
import signal
import time

import pytest

import host


def seconds(run):
    started = time.monotonic()
    ended = run()
    return time.monotonic() - started, ended


@pytest.mark.clause("limits.wall", "limits.grace")
def test_wall_then_term_then_grace_then_kill(caisson):
    """I6: a task that listens to TERM ends by it; one that does not is killed when the grace is over."""
    policy = caisson.policy("wall", limits='wall = "400 ms"\ngrace = "600 ms"')
    took, ended = seconds(lambda: caisson.run("probe", "pause", policy=policy, options=["--json"]))
    assert ended.code == 124 and took >= 0.4
    assert ended.view["signal"] in ("SIGTERM", "TERM", signal.SIGTERM) and ended.view["end"]["limit"]
    took, ended = seconds(lambda: caisson.run("probe", "linger", "deaf-to-term", "deaf", policy=policy, options=["--json"]))
    assert ended.code == 124 and took >= 1.0
    assert ended.view["signal"] in ("SIGKILL", "KILL", signal.SIGKILL) and not host.having("deaf-to-term")


def test_a_request_lowers_the_time_limit_and_never_raises_it(caisson):
    policy = caisson.policy("wall", limits='wall = "500 ms"\ngrace = "100 ms"')
    took, ended = seconds(lambda: caisson.run("probe", "pause", policy=policy, options=["--timeout", "1h"]))
    assert ended.code == 124
    assert caisson.run("probe", "pause", policy=policy, options=["--timeout", "100ms", "--json"]).view["end"]["limit"]


@pytest.mark.parametrize("how", ["", "deaf"])
@pytest.mark.clause("limits.cpu_time")
def test_cpu_time(caisson, how):
    """I5: spinning ends, with SIGXCPU ignored, too; sleeping does not count."""
    policy = caisson.policy("cpu", limits='cpu_time = "1 s"\ngrace = "100 ms"')
    ended = caisson.run("probe", "spin", *([how] if how else []), policy=policy, options=["--json"], timeout=60)
    assert ended.code == 124, ended.words
    assert (ended.view["status"], ended.view["end"]["cause"]) == ("timed_out", "cpu_time")
    if not how:
        assert caisson.run("probe", "sleep", "2", policy=policy).code == 0


def test_open_files(caisson):
    policy = caisson.policy("files", limits="open_files = 64")
    results = caisson.run("probe", "files", policy=policy).results
    assert results == {"opened": "64", "open": "EMFILE"}


def test_file_size(caisson):
    """I7."""
    policy = caisson.policy("size", limits='file_size = "1 MiB"')
    results = caisson.run("probe", "size", "big", policy=policy).results
    assert results == {"written": str(1 << 20), "write": "EFBIG"}
    assert (caisson.workspace / "big").stat().st_size == 1 << 20


def test_processes(caisson):
    """I3: the next fork fails, and nobody is killed."""
    policy = caisson.policy("processes", limits="processes = 20")
    results = caisson.run("probe", "processes", policy=policy).results
    assert results == {"processes": "20", "fork": "EAGAIN"}


def test_two_tasks_do_not_share_the_limit_of_processes(caisson):
    """DESIGN, Traps: RLIMIT_NPROC counts per user namespace."""
    policy = caisson.policy("processes", commands=caisson.allow("probe", "sh", "sleep"), limits="processes = 20")
    task = caisson.detach("sh", "-c", "i=0; while [ $i -lt 15 ]; do sleep 300 & i=$((i+1)); done; echo full; wait", policy=policy).says("full")
    assert caisson.run("probe", "processes", policy=policy).results["processes"] == "20"
    assert task.inspect()["status"] == "running"


def test_memory(caisson):
    policy = caisson.policy("memory", limits='memory = "200 MiB"')
    ended = caisson.run("probe", "memory", policy=policy)
    if ended.code == 0:
        assert int(ended.results["memory"]) <= 200 << 20
    else:
        assert ended.code == 137


@pytest.mark.clause("limits.core")
def test_a_crash_leaves_no_core(caisson):
    """`core = "0 B"`: a piped core_pattern would start a program of the host with the task's memory."""
    policy = caisson.policy("core", limits='core = "0 B"')
    ended = caisson.run("probe", "crash", policy=policy)
    assert ended.code == 128 + signal.SIGABRT
    with open("/proc/sys/kernel/core_pattern") as file:
        piped = file.read().startswith("|")
    assert ended.text == ("core 1 1\n" if piped else "core 0 0\n")
    assert host.tree(caisson.workspace) == []


def test_the_caller_s_own_limits_are_not_raised(caisson):
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    policy = caisson.policy("more", limits="open_files = 4096")
    assert caisson.run("probe", "files", policy=policy, preexec_fn=limit).results["opened"] == "200"


def test_no_zombie_and_no_descriptor_is_left_by_many_launches(caisson, policy):
    """J4, soak in small: the state directory grows by tasks alone."""
    before = len(host.processes())
    for _ in range(30):
        assert caisson.run("probe", "exit", "0", policy=policy).code == 0
    assert host.until(lambda: not caisson.airlocks(caisson.ids))
    zombies = [pid for pid in host.processes() if host.status(pid).get("State", "").startswith("Z") and int(host.status(pid)["PPid"]) == os.getpid()]
    assert zombies == [] and len(host.processes()) < before + 200
