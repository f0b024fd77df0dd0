"""What a result may claim when somebody on the host stands in the way of a task's end."""
import os
import signal
import subprocess
import sys

import pytest

import host

# PTRACE_SEIZE: what is traced stays a zombie for its tracer, which never looks.
TRACER = """
import ctypes, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
failed = libc.ptrace(0x4206, int(sys.argv[1]), 0, 0)
print(ctypes.get_errno() if failed else "traced", flush=True)
time.sleep(100)
"""


@pytest.fixture
def traced():
    """Traces a process, which then does not go away."""
    tracers = []

    def trace(pid):
        tracers.append(subprocess.Popen([sys.executable, "-c", TRACER, str(pid)], stdout=subprocess.PIPE, text=True))
        assert tracers[-1].stdout.readline() == "traced\n"

    def release():
        for tracer in tracers:
            tracer.kill()
            tracer.wait()
    trace.release = release
    yield trace
    release()


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="an ordinary user may not trace a task")
@pytest.mark.parametrize("way", ["stop", "exit"])
def test_what_does_not_die_is_never_said_to_have_ended(caisson, policy, traced, way):
    """Whether the task was stopped or its main process ended. Ten seconds after the kill: `unkillable`, with what is still there, without a proof."""
    task = caisson.detach("probe", "linger", "undying", "setsid", policy=policy).says("ready")
    init = int(host.status(task.pid)["PPid"])
    child, = set(host.having("undying", "probe")) - {task.pid}
    traced(child)
    if way == "stop":
        task.stop("--grace", "0s")
    else:
        os.kill(task.pid, signal.SIGTERM)
        task.wait()
    view = task.inspect()
    assert (view["status"], view["end"]["cause"], view["end"]["proof"]) == ("lost", "unkillable", None)
    assert str(init) in view["end"]["detail"].split() and "signal" not in view and "exit_code" not in view
    assert task.wait().code == 125
    traced.release()
    assert host.until(lambda: not host.having("undying")), "the control: nothing but the tracer was in the way"
