"""Signals of the caller, its terminal, and its death."""
import os
import select
import signal
import time

import pytest

import host


@pytest.fixture
def listener(caisson, policy):
    """A foreground task that says which signals it gets."""
    before = caisson.ids
    child = caisson.start("probe", "signals", policy=policy)
    heard = lines(child)
    assert heard() == "ready", "nothing blocked and nothing ignored from the start"
    return child, heard, caisson.newest(before)


def lines(child):
    """The next line of a front end's output; what does not come in time is a failure and no test that hangs."""
    got = bytearray()

    def line():
        while b"\n" not in got:
            assert select.select([child.stdout], [], [], 20)[0], f"nothing came after {bytes(got)}"
            block = os.read(child.stdout.fileno(), 4096)
            assert block, "the output has ended"
            got.extend(block)
        text, _, rest = bytes(got).partition(b"\n")
        got[:] = rest
        return text.decode().strip()
    return line


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT"])
def test_a_signal_to_the_caller_reaches_the_task(listener, name):
    child, heard, task = listener
    child.send_signal(getattr(signal, f"SIG{name}"))
    assert heard() == f"got {name}"
    assert child.poll() is None and host.status(task.pid), "the task decides what comes of it"


def test_stop_and_continue_reach_the_task(listener):
    child, heard, task = listener
    child.send_signal(signal.SIGTSTP)
    assert host.until(lambda: host.status(child.pid)["State"].startswith("T"))
    child.send_signal(signal.SIGCONT)
    assert [heard(), heard()] == ["got TSTP", "got CONT"]
    child.send_signal(signal.SIGTERM)
    assert heard() == "got TERM"


def test_the_task_begins_with_default_signals_whatever_the_caller_ignores(caisson, policy):
    """A9, A10: a caller that blocks or ignores signals, SIGCHLD included, changes neither task nor exit code."""
    def spoil():
        for number in (signal.SIGCHLD, signal.SIGUSR1, signal.SIGPIPE, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGALRM, signal.SIGRTMIN})
    task = caisson.detach("probe", "signals", policy=policy, preexec_fn=spoil).says("ready")
    assert task.logs() == b"ready\n"
    assert caisson.run("probe", "exit", "7", policy=policy, preexec_fn=spoil).code == 7
    assert caisson.run("probe", "signal", "15", policy=policy, preexec_fn=spoil).code == 143


def test_stop_sends_the_signal_that_it_is_told(listener):
    child, heard, task = listener
    stopping = task.caisson.popen("stop", "--signal", "USR2", "--grace", "10s", task.id)
    assert heard() == "got USR2"
    assert stopping.wait(10) == 0 and child.wait(10) == 0
    assert task.inspect()["status"] == "terminated"


def test_the_task_goes_on_when_the_caller_is_killed(caisson, policy):
    """Promise 4: listed, readable, no longer held back, can be stopped."""
    size = 30 << 20
    before = caisson.ids
    child = caisson.start("probe", "linger", "caller-killed", "setsid", policy=policy)
    assert child.stdout.readline() == b"ready\n"
    task = caisson.newest(before)
    flooding = caisson.start("probe", "flood", str(size), policy=policy)
    flood = caisson.newest(before + [task.id])
    assert host.until(lambda: len(flood.logs()) > 0)
    for front in (child, flooding):
        front.send_signal(signal.SIGKILL)
        front.wait()
    assert host.until(lambda: flood.inspect()["status"] == "exited"), "held back by a reader that is dead"
    assert len(flood.logs()) == size
    assert flood.wait().code == 0
    time.sleep(0.3)
    assert task.inspect()["status"] == "running" and len(host.having("caller-killed")) == 2
    assert task.id in caisson.call("ps", "--json").ok().text
    assert task.logs() == b"ready\n"
    task.stop("--grace", "0s").ok()
    assert not host.having("caller-killed")


def test_a_hangup_of_the_terminal_does_not_end_a_detached_task(caisson, policy):
    child, terminal = caisson.on_terminal(*caisson.line(["probe", "pause"], policy, caisson.workspace, ["--detach"]))
    assert child.wait(20) == 0
    os.close(terminal)
    task, = caisson.running()
    time.sleep(0.2)
    assert caisson.running() == [task]


@pytest.fixture
def on_terminal(caisson, policy):
    """A foreground task with a terminal in front; the front end, the terminal, the task's pid."""
    before = caisson.ids
    child, terminal = caisson.on_terminal(*caisson.line(["probe", "linger", "terminal"], policy, caisson.workspace, []))
    yield child, terminal, caisson.newest(before).says("ready").pid
    os.close(terminal)


@pytest.mark.clause("terminal")
@pytest.mark.claim("S-15")
def test_a_task_on_a_terminal_gets_pipes_and_no_terminal(on_terminal):
    """G3, G7: what is typed is passed on; the terminal itself is nowhere in the sandbox."""
    child, terminal, task = on_terminal
    assert host.session(task)["terminal"] == 0 and host.session(child.pid)["terminal"] != 0
    assert all(place.startswith("pipe:") for place in host.descriptors(task).values())
    os.write(terminal, b"\x03")
    assert child.wait(20) == 130, "Ctrl-C is the task's SIGINT"


def test_job_control_of_the_terminal(on_terminal):
    """Ctrl-Z stops both, and `fg` goes on with both."""
    child, terminal, task = on_terminal
    os.write(terminal, b"\x1a")
    for pid in (task, child.pid):
        assert host.until(lambda: host.status(pid)["State"].startswith("T"))
    os.kill(child.pid, signal.SIGCONT)
    assert host.until(lambda: host.status(task)["State"].startswith("S"))
    os.write(terminal, b"\x1c")
    assert child.wait(20) == 131, "Ctrl-\\ is the task's SIGQUIT"
