"""What the host sees of tasks: processes and files, never what a server says of them."""

import os
import pathlib
import re
import signal
import subprocess
import time

TASK = re.compile(rb"caisson-airlock\0([0-9a-f]{32})\0")


def processes():
    """Every process with its arguments, as /proc has them."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            found[int(entry.name)] = (entry / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
    return found


def with_argument(marker):
    """Processes that have a word in their arguments."""
    word = marker.encode()
    return [pid for pid, line in processes().items() if word in line.split(b"\0")]


def monitors(state):
    """The tasks of a state directory of which a monitor or init is alive."""
    try:
        known = {entry.name.encode() for entry in (state / "tasks").iterdir()}
    except FileNotFoundError:
        return set()
    found = {match[1] for line in processes().values() if (match := TASK.match(line))}
    return {name.decode() for name in found & known}


def status(pid):
    """/proc/PID/status as a dictionary."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


def wait_until(condition, seconds):
    """Waits for a condition, and fails without it."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.005)
    return value


def end_tasks(program, state):
    """Ends what a test left running, and makes sure of it."""
    left = monitors(state)
    if left:
        subprocess.run(
            [program, "stop", "--state", state, "--grace", "0 s", *left],
            check=False, timeout=60, stdin=subprocess.DEVNULL, capture_output=True,
        )
    wait_until(lambda: not monitors(state), 20)


def monitor(task):
    """The monitor of a task, which is the parent of its init."""
    found = [pid for pid, line in processes().items() if (match := TASK.match(line)) and match[1].decode() == task]
    parents = {int(status(pid)["PPid"]) for pid in found}
    (pid,) = parents & set(found)
    return pid


def kill_monitor(task):
    """Kills the monitor of a task."""
    os.kill(monitor(task), signal.SIGKILL)
