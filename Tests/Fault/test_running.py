"""The disk is full, a descriptor or memory is missing: while a task runs, in its monitor and in the ledger of those who look at it.

The task is not lost, or is said to be `lost`; nothing is left behind; who reads gets what was written, and is told what is missing."""
import collections
import errno
import json
import os
import re
import signal
import subprocess

import pytest

import host
from crowd import lines
from faults import FAULTS
from otherkernel import needs_x86, on
from test_launch import in_order

# What a host that is full or tired answers; other errors are those of a launch.
TIRED = {"ENOSPC", "EIO", "EMFILE", "ENOMEM", "EDQUOT", "ENOBUFS", "EAGAIN"}
COUNT = 120
# Of each call, this many are tried after the task was released.
FIRST = 3


@pytest.fixture
def running(caisson):
    return caisson.policy("running", files='view = "empty"')


class Seen:
    """What a task that met a fault came to, for the three who look at it: who asked, who follows, who comes later."""

    def __init__(self, caisson, asked, followed, task):
        self.asked, self.followed = asked, followed
        self.view = json.loads(caisson.call("inspect", task, "--json").ok().out)
        self.status = self.view["status"]
        logs = {stream: caisson.call("logs", task, "--stream", stream) for stream in ("stdout", "stderr")}
        self.kept = {stream: done.out for stream, done in logs.items()}
        self.told = " ".join(done.words for done in logs.values())

    def problem(self):
        """What is wrong; None if nothing is."""
        if self.asked is None:
            return "who asked is never answered"
        whole = {stream: lines(COUNT, stream) for stream in self.kept}
        for stream, kept in self.kept.items():
            if not is_part(kept, whole[stream]):
                return f"{stream} has what was never printed"
            if self.followed is not None and stream == "stdout" and not is_part(self.followed, whole[stream]):
                return "who follows got what was never printed"
        if self.status == "exited" and self.view["exit_code"] == 0 and self.kept != whole and "not kept" not in self.told:
            return f"bytes are missing, and nobody says so: {self.told!r}"
        if self.status == "failed_to_start" and not any(self.kept.values()):
            # Counted otherwise than in the honest run, the call was made before the release.
            return None
        if self.status not in ("exited", "signaled", "lost"):
            return f"it ran, and is said to be {self.status}"
        return None


def is_part(kept, whole):
    """Whether every line that was kept was printed, in this order; those two at a cut may be parts of one."""
    rest, parts = iter(whole.splitlines()), 0
    for line in kept.splitlines():
        printed = next((each for each in rest if line in each), None)
        if printed is None:
            return False
        parts += line != printed
    return parts <= 2


def attempt(caisson, policy, *rules):
    """A task that prints for a while under a monitor whose calls these rules are for, with somebody who follows and one who looks."""
    other, calls = on(caisson, *rules)
    before = set(caisson.ids)
    asking = other.start("probe", "lines", COUNT, 500, policy=policy)
    host.until(lambda: set(caisson.ids) - before or asking.poll() is not None, 10)
    new = sorted(set(caisson.ids) - before)
    following = caisson.popen("logs", new[0], "--follow", "--stream", "stdout") if new else None
    if new:
        caisson.call("inspect", new[0])
    try:
        out, err = asking.communicate(timeout=20)
        asked = (asking.returncode, out, err.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        asked = None
        asking.kill()
    followed = None
    if following:
        try:
            followed = following.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            asked = None
            following.kill()
    left = not caisson.are_gone(new)
    for pid in caisson.airlocks(new):
        os.kill(pid, signal.SIGKILL)
    return calls, new, left, asked, followed


def released(calls):
    """(number, nth, how many of it since) of each call of the monitor that answered well after the task side executed the program."""
    count, found, last = collections.Counter(), [], None
    for line in calls.lines:
        words = line.split()
        if words[0] == "=":
            if last is not None and int(words[1]) >= 0:
                found.append(last)
            last = None
            continue
        number = int(words[1])
        if words[0] != "monitor":
            found, last = [], None
            continue
        count[number] += 1
        last = (number, count[number])
    seen = collections.Counter()
    for number, nth in found:
        seen[number] += 1
        yield number, nth, seen[number]


def faults(calls, everything):
    for number, nth, since in released(calls):
        name, *errnos = FAULTS.get(number, (None,))
        errnos = [each for each in errnos if each in TIRED]
        if errnos and (since <= FIRST or everything and since <= 10 * FIRST):
            for each in errnos if everything else [errnos[nth % len(errnos)]]:
                yield name, number, nth, each


def test_each_call_of_a_monitor_fails_once_while_its_task_runs(caisson, running, is_over, request):
    honest, new, left, asked, _ = attempt(caisson, running, "who=monitor", "who=task,nr=322")
    assert not left and asked[0] == 0, asked
    assert Seen(caisson, asked, None, new[0]).kept == {stream: lines(COUNT, stream) for stream in ("stdout", "stderr")}
    tried, outcomes, wrong = in_order(faults(honest, request.config.getoption("all_faults")), request), collections.Counter(), []
    for name, number, nth, each in tried:
        if stopped := is_over():
            break
        calls, new, left, asked, followed = attempt(caisson, running, f"who=monitor,nr={number},nth={nth},return={-getattr(errno, each)}")
        if len(calls) == 0:
            outcomes["not met"] += 1
            continue
        what = f"{name} {nth} {each}"
        if left or not new:
            wrong.append(f"{what}: {'airlocks are left' if left else 'no task'}: {asked}")
            continue
        seen = Seen(caisson, asked, followed, new[0])
        outcomes[seen.status] += 1
        problem = seen.problem()
        if problem:
            wrong.append(f"{what}: {problem}: {seen.status} {asked and (asked[0], asked[2][-200:])}")
    caisson.call("prune", "--older-than", "0s").ok()
    print(f"monitor of a running task: {outcomes.total()} of the {len(tried)} faults: {dict(outcomes)}", flush=True)
    assert not wrong, "\n".join(wrong)
    assert outcomes["exited"] >= 5 or stopped


def test_a_monitor_without_descriptors_lets_who_connects_wait(caisson, running):
    """A table of descriptors that is full for a moment costs nobody the task."""
    for each in ("EMFILE", "ENOMEM"):
        calls, new, left, asked, followed = attempt(caisson, running, f"who=monitor,nr=288,nth=1,return={-getattr(errno, each)}")
        seen = Seen(caisson, asked, followed, new[0])
        assert len(calls) == 1
        assert not left and (seen.status, seen.kept["stdout"]) == ("exited", lines(COUNT, "stdout")), (each, seen.view)


# --- the ledger

# What SQLite asks of its files. Source: strace of `caisson ps`.
OF_THE_LEDGER = {"openat": ["EMFILE", "ENOSPC", "EIO"], "pread64": ["EIO"], "pwrite64": ["ENOSPC", "EIO"], "fdatasync": ["EIO"],
                 "ftruncate": ["ENOSPC"], "mmap": ["ENOMEM"], "fcntl": ["EIO"], "unlink": ["EIO"]}


def traced(caisson, words, call, *more):
    """`caisson WORDS` with one call on the ledger that fails, and how often it was made."""
    log = caisson.base / "strace"
    log.unlink(missing_ok=True)
    ledger = caisson.state / "ledger.sqlite"
    places = [word for end in ("", "-wal", "-shm", "-journal") for word in ("-P", f"{ledger}{end}")]
    argv = ["strace", "-f", "-qq", "-o", log, *places, "-e", f"trace={call}", *more, caisson.program, *words]
    done = subprocess.run(argv, env=caisson.variables, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    return done, [line for line in log.read_text().splitlines() if f" {call}(" in line] if log.exists() else []


def test_each_call_on_the_ledger_fails_once_while_a_task_runs(caisson, running, is_over, request):
    """The task runs on; whoever lists gets the truth, or is told what failed; and the next one sees all of it."""
    task = caisson.detach("probe", "linger", "marker-of-the-ledger", policy=running).says("ready")
    wrong, outcomes = [], collections.Counter()
    words = ["ps", "--all", "--json"]
    wanted = [(call, nth, each) for call, errnos in OF_THE_LEDGER.items() for nth in range(1, len(traced(caisson, words, call)[1]) + 1)
              for each in (errnos if request.config.getoption("all_faults") else [errnos[nth % len(errnos)]])
              if nth <= 4 or request.config.getoption("all_faults")]
    tried = in_order(wanted, request)
    for call, nth, each in tried:
        if stopped := is_over():
            break
        done, _ = traced(caisson, words, call, "-e", f"inject={call}:error={each}:when={nth}")
        status = {view["task_id"]: view["status"] for view in map(json.loads, done.stdout.splitlines())} if done.returncode == 0 else {}
        outcomes["listed" if done.returncode == 0 else "told"] += 1
        if done.returncode == 0 and status.get(task.id) != "running":
            wrong.append(f"{call} {nth} {each}: it lists {status}")
        if done.returncode != 0 and not re.search(rb"^caisson: \S", done.stderr, re.M):
            wrong.append(f"{call} {nth} {each}: exit code {done.returncode}, and nobody says why: {done.stderr[-200:]}")
        if task.inspect()["status"] != "running":
            wrong.append(f"{call} {nth} {each}: the task does not run any more")
            break
    listed = [json.loads(line) for line in caisson.call(*words).ok().text.splitlines()]
    assert [view["status"] for view in listed if view["task_id"] == task.id] == ["running"]
    task.stop("--grace", "0s").ok()
    assert host.until(lambda: not host.having("marker-of-the-ledger"), 5)
    print(f"ledger: {outcomes.total()} of the {len(tried)} faults: {dict(outcomes)}", flush=True)
    assert not wrong, "\n".join(wrong)
    assert outcomes.total() >= 10 or stopped
