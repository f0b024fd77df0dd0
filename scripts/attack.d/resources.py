"""Class I: taking more than the limits give. Every attack here is bounded by itself, so that it can be tried where there is no limit."""
import contextlib
import os
import secrets
import subprocess
import time

from ground import attack, attackers, end, wait_for
from systems import LIMITS, NotApplicable, NotRun

MIB = 1 << 20


def watched(place, system, attempt, measure, seconds, until=float("inf")):
    """Runs the attacker under the short limits, and returns the most that `measure` saw of its processes until it ended, or enough."""
    if system.limited is None:
        raise NotRun("it has no settings for limits")
    word, most = secrets.token_hex(8), 0
    argv = [*system.limited, place.probe, "attempt", word, *map(str, attempt)]
    with subprocess.Popen(argv, env=place.variables(), cwd=place.workspace, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as child:
        # Counted from when it is there: a slow machine takes its time for that.
        ends, begun = time.monotonic() + 20, False
        while child.poll() is None and time.monotonic() < ends and most < until:
            most = max(most, measure(word))
            if not begun and attackers(word):
                ends, begun = time.monotonic() + seconds, True
            time.sleep(0.005)
        most = max(most, measure(word))
        child.kill()
        end(word)
        said = child.stdout.read()
    if word.encode() not in said and not most:
        raise NotRun("nothing was seen of the attacker")
    return most


def resident(word):
    """MiB of anonymous memory of all of them."""
    total = 0
    for pid in attackers(word):
        with contextlib.suppress(OSError, StopIteration), open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            total += int(next(line for line in file if line.startswith("RssAnon:")).split()[1])
    return total // 1024


@attack("I1", f"{2 * LIMITS['memory'] // MIB} MiB of memory under a limit of {LIMITS['memory'] // MIB}", "its processes have more than the limit and a quarter")
def memory(place, system):
    limit = LIMITS["memory"]
    return watched(place, system, ["memory", 2 * limit], resident, 15) > limit * 1.25 / MIB


@attack("I3", f"40 processes under a limit of {LIMITS['processes']}", "more of them are there than the limit")
def processes(place, system):
    ways = ["threads"] * 8
    marker = secrets.token_hex(8)
    return watched(place, system, ["linger", marker, *ways], lambda word: len(attackers(word)), 2) > LIMITS["processes"] + 1


@attack("I5", "processor time without an end, deaf to every signal, under a limit of 1 s", "one of its processes has used 5 s")
def processor(place, system):
    return watched(place, system, ["spin", "deaf"], used, 30, until=5) >= 5


def used(word):
    """Seconds of processor time of the one that has used most. Source: proc(5), utime and stime."""
    most = 0
    for pid in attackers(word):
        with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
            most = max(most, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return most


@attack("I6", "sleeping without an end under a time limit of 3 s", "it is still there after 6 s")
def wall(place, system):
    return outlives(place, system, ["pause"], 6)


def outlives(place, system, attempt, seconds):
    if system.limited is None:
        raise NotRun("it has no settings for limits")
    word = secrets.token_hex(8)
    argv = [*system.limited, place.probe, "attempt", word, *attempt]
    with subprocess.Popen(argv, env=place.variables(), cwd=place.workspace, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as child:
        try:
            if not wait_for(lambda: attackers(word), 5):
                raise NotRun("nothing was seen of the attacker")
            return not wait_for(lambda: not attackers(word), seconds)
        finally:
            child.kill()
            end(word)


@attack("I7", f"a file of 32 MiB under a limit of {LIMITS['file'] // MIB}", "it is larger than the limit")
def file_size(place, system):
    path = os.path.join(place.workspace, "large")
    watched(place, system, ["fill", path, 32 * MIB], lambda word: len(attackers(word)), 10)
    return os.path.exists(path) and os.path.getsize(path) > LIMITS["file"]


@attack("I8", f"64 MiB of output under a cap of {LIMITS['output'] // MIB}", "the record on disk is larger than the cap and a MiB", own=True)
def output(place, system):
    if system.policy is None:
        raise NotApplicable("keeps none")
    # In the background: nobody's pipe holds it back.
    detached = [*system.limited[:2], "--detach", *system.limited[2:], place.probe, "flood", str(64 * MIB)]
    done = subprocess.run(detached, env=place.variables(), cwd=place.workspace, capture_output=True, text=True, check=False)
    task = done.stdout.strip()
    subprocess.run([system.program, "wait", "--state", place.state, task], env=place.variables(), capture_output=True, check=False, timeout=30)
    size = recorded(os.path.join(place.state, "tasks", task))
    if not size:
        raise NotRun(f"the control: nothing was recorded: {done.stderr[-100:]}")
    return size > LIMITS["output"] + MIB


def recorded(folder):
    """The bytes on disk of a record."""
    return sum(os.stat(os.path.join(folder, each)).st_blocks * 512 for each in os.listdir(folder)) if os.path.isdir(folder) else 0
