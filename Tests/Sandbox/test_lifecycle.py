"""Promise 3: nothing survives its end, however it hides. Asserted on the host's process table."""
import contextlib
import os
import signal
import sqlite3
import subprocess
import time

import pytest

import host

HIDING = ["setsid", "daemon", "ignore", "block", "stop", "group", "death", "threads"]


@pytest.fixture
def marker(request):
    """A word in the command line of every process that a test starts."""
    return f"caisson-test-{os.getpid()}-{time.monotonic_ns()}"


@pytest.mark.control("end")
def test_the_ways_to_hide_are_real(caisson, marker):
    """The control: outside of a sandbox they outlive their main process."""
    subprocess.run([caisson.probe, "linger", marker, *HIDING, "exit"], stdout=subprocess.DEVNULL, check=True, timeout=20)
    try:
        assert len(host.having(marker)) >= len(HIDING)
    finally:
        for pid in host.having(marker):
            os.kill(pid, signal.SIGKILL)
    assert host.until(lambda: not host.having(marker))


@pytest.mark.clause("end")
@pytest.mark.claim("S-23")
def test_what_a_task_left_behind_is_gone_before_its_result_is_told(caisson, policy, marker):
    """A1, A2; 1.1: a kill reached only the shell, not its descendants."""
    ended = caisson.run("probe", "linger", marker, *HIDING, "exit", policy=policy, options=["--json"])
    assert host.having(marker) == []
    assert ended.code == 0 and ended.text == "ready\n"
    assert ended.view["end"]["proof"]["killed"] >= len(HIDING)


@pytest.mark.parametrize("how", HIDING)
@pytest.mark.clause("end")
@pytest.mark.claim("S-23")
def test_stop_reaches_what_hides(caisson, policy, marker, how):
    """A1, A4, A7."""
    task = caisson.detach("probe", "linger", marker, how, "deaf", policy=policy).says("ready")
    assert len(host.having(marker)) >= 2
    task.stop("--grace", "100ms").ok()
    assert host.having(marker) == []
    end = task.inspect()["end"]
    assert end["cause"] == "stop" and end["proof"]["killed"] >= 1
    assert task.wait().code == 137


def test_a_time_limit_reaches_what_hides(caisson, marker):
    policy = caisson.policy("limit", limits='wall = "300 ms"\ngrace = "100 ms"')
    ended = caisson.run("probe", "linger", marker, *HIDING, "deaf", policy=policy, options=["--json"])
    assert ended.code == 124 and host.having(marker) == []
    assert ended.view["end"]["proof"]["killed"] >= len(HIDING)


def test_a_stopped_task_can_be_stopped(caisson, policy, marker):
    """A4: a process that is stopped does not see TERM before it goes on."""
    task = caisson.detach("probe", "linger", marker, policy=policy).says("ready")
    os.kill(host.having(marker)[0], signal.SIGSTOP)
    task.stop("--grace", "5s").ok()
    assert task.wait().code == 128 + signal.SIGTERM and host.having(marker) == []


def test_a_fork_bomb_is_bounded_and_ends(caisson, marker):
    """A3."""
    policy = caisson.policy("bomb", limits="processes = 64")
    task = caisson.detach("probe", "bomb", marker, policy=policy).says("ready")
    counts = []
    for _ in range(10):
        counts.append(len(host.having(marker)))
        time.sleep(0.05)
    assert 10 < max(counts) <= 64, counts
    started = time.monotonic()
    task.stop("--grace", "0s").ok()
    assert time.monotonic() - started < 5 and host.having(marker) == []


@pytest.mark.clause("end")
@pytest.mark.claim("S-24")
def test_nothing_is_left_when_the_monitor_is_killed(caisson, policy, marker):
    """A5, Promise 4: its sandbox dies with it, and the next front end says so."""
    task = caisson.detach("probe", "linger", marker, *HIDING, policy=policy).says("ready")
    for monitor in monitors(task):
        os.kill(monitor, signal.SIGKILL)
    assert host.until(lambda: not host.having(marker)) and caisson.are_gone([task.id])
    ended = task.wait()
    assert ended.code == 125 and "monitor" in ended.words
    assert (task.inspect()["status"], task.inspect()["end"]["cause"]) == ("lost", "monitor_died")
    assert task.logs() == b"ready\n"


def monitors(task):
    """The airlock of a task that has the other one as its child."""
    both = task.caisson.airlocks([task.id])
    return [pid for pid in both if int(host.status(pid)["PPid"]) not in both]


def test_a_stopped_monitor_does_not_free_the_task(caisson, policy, marker):
    task = caisson.detach("probe", "linger", marker, policy=policy).says("ready")
    monitor, = monitors(task)
    os.kill(monitor, signal.SIGSTOP)
    os.kill(monitor, signal.SIGKILL)
    assert host.until(lambda: not host.having(marker))


def test_the_task_can_not_reach_its_init_or_its_monitor(caisson, marker):
    """F9: signals to pid 1 and to everything stay inside."""
    policy = caisson.policy("sh", commands=caisson.allow("sh", "sleep"))
    task = caisson.detach("sh", "-c", "kill -KILL 1; kill -STOP 1; kill -TERM 1; sleep 300 & kill -KILL -1; echo on", policy=policy)
    task.wait("5s")
    assert task.inspect()["status"] in ("exited", "signaled"), "init was not harmed"


def test_detach_prints_the_id_alone(caisson, policy):
    ended = caisson.run("probe", "pause", policy=policy, options=["--detach"]).ok()
    assert ended.out.decode() == caisson.running()[0] + "\n" and len(ended.out) == 33


def test_a_detached_task_that_can_not_start_says_so(caisson, policy):
    before = caisson.ids
    ended = caisson.run("id", policy=policy, options=["--detach"])
    assert ended.code == 126 and ended.out == b"" and caisson.ids == before


def test_ids_may_be_shortened(caisson, policy):
    task = caisson.detach("probe", "exit", "9", policy=policy)
    assert caisson.call("wait", task.id[:8]).code == 9
    assert caisson.call("logs", task.id[:8]).code == 0
    for name in (task.id[:3], "0" * 32, "../" + task.id, task.id.upper() + "0", ""):
        ended = caisson.call("wait", name)
        assert ended.code == 125 and ended.words.startswith("caisson: "), name


def test_wait_for_several_tasks_and_for_a_while(caisson, policy):
    first, second = (caisson.detach("probe", "exit", code, policy=policy) for code in ("1", "2"))
    assert caisson.call("wait", first.id, second.id).code == 2
    running = caisson.detach("probe", "pause", policy=policy)
    ended = running.wait("200ms")
    assert ended.code == 124 and "still runs" in ended.words
    assert caisson.running() == [running.id]


@pytest.mark.parametrize("others, words", [
    ([], "0 more processes were killed"), (["setsid"], "1 more process was killed"), (["setsid", "daemon"], "2 more processes were killed"),
])
def test_stop_says_what_it_killed(caisson, policy, marker, others, words):
    task = caisson.detach("probe", "linger", marker, *others, policy=policy).says("ready")
    assert task.stop("--grace", "5s").ok().text == f"{task.id} terminated, {words}\n"


def test_a_second_stop_says_that_it_has_ended(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    task.stop().ok()
    again = task.stop()
    assert again.code == 0 and "ended already" in again.words


def test_two_that_stop_at_once(caisson, policy, marker):
    task = caisson.detach("probe", "linger", marker, "deaf", policy=policy).says("ready")
    both = [caisson.popen("stop", "--grace", "200ms", task.id) for _ in range(2)]
    assert [child.wait(10) for child in both] == [0, 0] and host.having(marker) == []


@pytest.mark.claim("S-25")
def test_the_task_can_not_touch_its_own_record(caisson):
    """Output goes through pipes that the monitor holds: no file of the record is anywhere in the sandbox."""
    policy = caisson.policy("sh", commands=caisson.allow("sh", "probe"), files=f'write = ["{{workspace}}"]')
    task = caisson.detach("sh", "-c", "echo one; : > /dev/stdout; : > /proc/self/fd/1; echo two", policy=policy)
    task.wait()
    assert task.logs().replace(b"", b"") .startswith(b"one\n") and task.logs().endswith(b"two\n")
    state = caisson.state / "tasks" / task.id
    ended = caisson.run("probe", "touch", "r", str(state), str(caisson.state), policy=policy)
    assert set(ended.results.values()) <= {"ENOENT", "EACCES"}


# --- a state directory with damage in it

@pytest.mark.parametrize("file", ["record", "end"])
def test_a_damaged_task_stops_no_listing_and_no_prune(caisson, policy, file):
    whole, damaged = (caisson.detach("probe", "exit", "3", policy=policy) for _ in range(2))
    for task in (whole, damaged):
        task.wait()
    place = caisson.state / "tasks" / damaged.id
    (place / file).write_bytes(b"damaged")
    listed = caisson.call("ps", "--all").ok()
    assert whole.id[:12] in listed.text and damaged.id[:12] not in listed.text
    assert f"task {damaged.id} can't be listed: the task's {file} can't be read" in listed.words
    assert damaged.id in caisson.call("prune").ok().words and place.exists()
    ended = caisson.call("inspect", damaged.id)
    assert ended.code == 125 and f"the task's {file} can't be read" in ended.words and "caisson prune" in ended.words
    os.utime(place, (0, 0))
    assert "removed 1 task" in caisson.call("prune").ok().text and not place.exists()
    assert whole.id[:12] in caisson.call("ps", "--all").ok().text


def test_a_running_task_is_never_pruned_whatever_the_ledger_says(caisson, policy, marker):
    task = caisson.detach("probe", "linger", marker, policy=policy).says("ready")
    caisson.call("ps").ok()
    with contextlib.closing(sqlite3.connect(caisson.state / "ledger.sqlite")) as ledger:
        assert ledger.execute("UPDATE task SET status = 'exited', ended_at = 1, retention = 0 WHERE id = ?", [task.id]).rowcount == 1
        ledger.commit()
    for words in ([], ["--older-than", "0s"]):
        caisson.call("prune", *words).ok()
        assert len(host.having(marker)) == 1 and task.inspect()["status"] == "running"
    assert task.id[:12] in caisson.call("ps").ok().text, "the ledger knows better now"


def test_a_ledger_that_was_damaged_or_removed_is_made_again(caisson, policy):
    task = caisson.detach("probe", "exit", "3", policy=policy)
    task.wait()
    ledger = caisson.state / "ledger.sqlite"
    for damage in (lambda: ledger.write_bytes(b"x" * 9000), lambda: os.truncate(ledger, 5000), ledger.unlink):
        caisson.call("ps").ok()
        damage()
        assert task.id[:12] in caisson.call("ps", "--all").ok().text
