"""Class I: taking more than the limits give. Every attack here is bounded by itself, so that it can be tried where there is no limit."""
import contextlib
import os
import secrets
import subprocess
import tempfile
import time

from ground import attack, attackers, started, wait_for
from systems import LIMITS, NotApplicable, NotRun

MIB = 1 << 20
# Seconds of processor time that no limit of 1 s with a grace of 1 s leaves, however late its end is.
MUCH = 4


def watched(place, system, attempt, measure, seconds, until=float("inf")):
    """Runs the attacker under the low limits, and returns the most that `measure` saw of its processes until it ended, or enough."""
    word, most = secrets.token_hex(8), 0
    with tempfile.TemporaryFile() as said, started(place, place.attacker(system.limited, word, *attempt), word, stdout=said) as child:
        # Counted from when it is there: a slow machine takes its time for that.
        ends, begun = time.monotonic() + 20, False
        while child.poll() is None and time.monotonic() < ends and most < until:
            most = max(most, measure(word))
            if not begun and attackers(word):
                ends, begun = time.monotonic() + seconds, True
            time.sleep(0.005)
        most = max(most, measure(word))
        said.seek(0)
        if word.encode() not in said.read() and not most:
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
    limit = LIMITS["memory"] // MIB
    most = watched(place, system, ["memory", 2 * limit * MIB], resident, 15)
    if most < limit / 16:
        raise NotRun(f"no more than {most} MiB were seen of it")
    return most > limit * 1.25


@attack("I3", f"40 processes under a limit of {LIMITS['processes']}", "more of them are there than the limit")
def processes(place, system):
    limit = LIMITS["processes"]
    most = watched(place, system, ["linger", "many", *["threads"] * 8], lambda word: len(attackers(word)), 1.5, until=limit + 2)
    if most < 2:
        raise NotRun("it made no process")
    return most > limit + 1


@attack("I5", "processor time without an end, deaf to every signal, under a limit of 1 s and, where there is one, a grace of 1 s",
        f"one of its processes has used {MUCH} s")
def processor(place, system):
    """The same without the limit is tried beside it, and must get that far: whatever else ends a sandbox, it is not what held here."""
    words = [secrets.token_hex(8) for _ in range(2)]
    with started(place, place.attacker(system.busy, words[0], "spin", "deaf"), words[0]) as held, \
            started(place, place.attacker(system.prefix, words[1], "spin", "deaf"), words[1]) as free:
        most = [0, 0]

        def enough():
            most[:] = [max(old, used(word)) for old, word in zip(most, words)]
            return all(seen >= MUCH or child.poll() is not None for seen, child in zip(most, (held, free)))
        wait_for(enough, 40)
    if not most[0]:
        raise NotRun("nothing was seen of the attacker")
    if most[1] < MUCH:
        raise NotRun(f"the control: without the limit it used {most[1]} s")
    return most[0] >= MUCH


def used(word):
    """Seconds of processor time of the one that has used most. Source: proc(5), utime and stime."""
    most = 0
    for pid in attackers(word):
        with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
            most = max(most, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return most


@attack("I6", "sleeping without an end under a time limit of 3 s", "it is still there after 5 s")
def wall(place, system):
    word = secrets.token_hex(8)
    with started(place, place.attacker(system.limited, word, "pause"), word):
        if not wait_for(lambda: attackers(word), 20):
            raise NotRun("nothing was seen of the attacker")
        return not wait_for(lambda: not attackers(word), 5)


@attack("I7", f"a file of 32 MiB under a limit of {LIMITS['file'] // MIB}", "it is larger than the limit")
def file_size(place, system):
    path, limit = os.path.join(place.workspace, "large"), LIMITS["file"]
    watched(place, system, ["fill", path, 32 * MIB], lambda word: len(attackers(word)), 10)
    size = os.path.getsize(path) if os.path.exists(path) else 0
    if size < limit / 2:
        raise NotRun(f"it wrote {size} bytes")
    return size > limit


@attack("I8", f"64 MiB of output under a cap of {LIMITS['output'] // MIB}", "the record on disk is larger than the cap and a MiB", own=True)
def output(place, system):
    if system.policy is None:
        raise NotApplicable("keeps none")
    cap, told = LIMITS["output"], os.path.join(place.workspace, "told")
    # In the background: nobody's pipe holds it back.
    folder = background(place, system, system.limited, "flood-told", str(64 * MIB), told)
    subprocess.run([system.program, "wait", "--state", place.state, os.path.basename(folder)], env=place.variables(), capture_output=True,
                   check=False, timeout=30)
    written = os.path.getsize(told) * 1024 if os.path.exists(told) else 0
    if written <= cap:
        raise NotRun(f"it wrote {written} bytes, and so nothing that the cap could hold")
    spooled = recorded(folder, [name for name in os.listdir(folder) if name.startswith(("out.", "err."))])
    if spooled < cap / 2:
        raise NotRun(f"the control: of its output, {spooled} bytes were recorded")
    return recorded(folder, os.listdir(folder)) > cap + MIB


def background(place, system, prefix, *attempt):
    """The directory of a task that runs in the background."""
    detached = [*prefix[:2], "--detach", *prefix[2:], place.probe, *attempt]
    done = subprocess.run(detached, env=place.variables(), cwd=place.workspace, capture_output=True, text=True, check=False, timeout=30)
    task = done.stdout.strip()
    folder = os.path.join(place.state, "tasks", task)
    if done.returncode != 0 or not task or not os.path.isdir(folder):
        raise NotRun(f"no task in the background: {done.stderr.strip()[-100:]}")
    return folder


def recorded(folder, names):
    """The bytes on disk of files."""
    return sum(os.stat(os.path.join(folder, each)).st_blocks * 512 for each in names)
