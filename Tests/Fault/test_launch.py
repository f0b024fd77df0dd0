"""Every system call of a launch fails once, with what it can answer on a host that is full, tired or hardened.

The task never starts with less around it, whoever asked is told what failed, and nothing is left behind."""
import collections
import contextlib
import errno
import json
import os
import random
import re
import signal

import pytest

import host
from faults import CONFINING, FAULTS
from otherkernel import needs_x86, on

pytestmark = needs_x86
# Of the same call with the same arguments, one process makes many; beyond these, each tenth is tried.
FIRST = 12


@pytest.fixture
def launch(caisson):
    """A policy with something of everything, compiled on the kernel that there is."""
    (caisson.workspace / ".git" / "hooks").mkdir(parents=True)
    policy = caisson.policy(
        "fault", files='view = "empty"\nprotect = ["{workspace}/.git/hooks", "{workspace}/.mcp.json"]',
        limits='cpu_time = "100 s"\nprocesses = 50\nopen_files = 100\nfile_size = "1 MiB"')
    caisson.run("probe", "exit", "0", policy=policy).ok()
    return lambda *rules: attempt(caisson, policy, rules)


class Attempt:
    """One launch: how it ended, whether the task ran, which tasks there are since."""

    def __init__(self, caisson, ended, ran, tasks, calls, are_left):
        self.caisson, self.ended, self.ran, self.tasks, self.calls, self.are_left = caisson, ended, ran, tasks, calls, are_left

    def __str__(self):
        return f"exit code {self.ended.code}: {self.ended.words.strip()[-300:]}" if self.ended else "nothing was said"

    def tells(self, text):
        return text in self.ended.words or any(text in self.caisson.call("inspect", task).text for task in self.tasks)

    def confinement(self):
        """What the receipt says, without what is another number each time; None if there is none."""
        if len(self.tasks) != 1:
            return None
        told = self.caisson.call("inspect", self.tasks[0], "--json")
        view = json.loads(told.out) if told.code == 0 else {}
        receipt = view.get("receipt")
        if not receipt:
            return None
        return {(line["subject"], line["field"], line["agrees"]) for line in receipt["lines"]} | {
            (line["subject"], line["level"]) for line in view["enforcement"]}


def attempt(caisson, policy, rules):
    canary = caisson.workspace / "canary"
    canary.unlink(missing_ok=True)
    other, calls = on(caisson, *rules)
    before = set(caisson.ids)
    try:
        ended = other.run("probe", "touch", "w", "canary", policy=policy, timeout=15)
    except AssertionError:
        ended = None
    tasks = sorted(set(caisson.ids) - before)
    are_left = not caisson.are_gone(tasks)
    for pid in caisson.airlocks(tasks):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return Attempt(caisson, ended, canary.exists(), tasks, calls, are_left)


def successful(calls):
    """How often each call was made by a process, and which of them answered well."""
    count, well, last = collections.Counter(), [], None
    for line in calls.lines:
        words = line.split()
        if words[0] != "=":
            last = int(words[1])
            count[last] += 1
            # From here on it is the task that calls.
            if last == 322:
                break
        elif last is not None and int(words[1]) >= 0:
            well.append((last, count[last]))
            last = None
    return well


# What the harness calls before it becomes `caisson`.
OF_THE_HARNESS = [(0, 1)]
# Where one of these fails, what was made may not be taken away again.
TAKE_AWAY = {"flock", "unlinkat", "newfstatat", "readlinkat"}


def chosen(well, everything):
    """(number, nth, errno): each errno, or one of them in turn."""
    for number, nth in well:
        name, *errnos = FAULTS.get(number, (None,))
        if name is None or (number, nth) in OF_THE_HARNESS or (nth > FIRST and nth % 10 and not everything):
            continue
        for each in errnos if everything else [errnos[nth % len(errnos)]]:
            yield name, number, nth, each


def in_order(faults, request):
    """All of them, in another order each time where the time may not be enough."""
    faults = list(faults)
    return random.sample(faults, len(faults)) if request.config.getoption("seconds") else faults


@pytest.mark.parametrize("who", ["front", "monitor", "init", "task"])
def test_each_call_of_a_launch_fails_once(caisson, launch, who, is_over, request):
    honest = launch(f"who={who}")
    assert honest.ran and honest.ended.code == 0, honest.ended.words
    expected, outcomes, wrong = honest.confinement(), collections.Counter(), []
    tried = in_order(chosen(successful(honest.calls), request.config.getoption("all_faults")), request)
    for name, number, nth, each in tried:
        if stopped := is_over():
            break
        done = launch(f"who={who},nr={number},nth={nth},return={-getattr(errno, each)}")
        if len(done.calls) == 0:
            outcomes["not met"] += 1
            continue
        problem = judge(done, expected, who, name, each)
        outcomes["ran" if done.ran else "refused"] += 1
        if problem:
            wrong.append(f"{who} {name} {nth} {each}: {problem}: {done}")
        placeholder = caisson.workspace / ".mcp.json"
        if placeholder.exists():
            if name not in TAKE_AWAY or not done.tells("a placeholder stays"):
                wrong.append(f"{who} {name} {nth} {each}: a placeholder is left, and nobody says so")
            placeholder.unlink()
    print(f"{who}: {outcomes.total()} of the {len(tried)} faults: {dict(outcomes)}", flush=True)
    assert not wrong, "\n".join(wrong)
    assert outcomes["refused"] >= 10 or stopped
    sweep(caisson)


def judge(done, expected, who, name, each):
    """What is wrong with how a launch ended; None if nothing is."""
    if not done.ended:
        return "it does not end"
    if done.are_left:
        return "airlocks are left"
    words = done.ended.words
    if who == "monitor" and name == "read" and done.ran and done.ended.code == 141:
        # Output that can't be read is closed: the task that goes on printing hears of it (SIGPIPE), and says so.
        return None
    if done.ended.code != 0 and not re.search(r"^(caisson: \S|caisson 0|usage)", words, re.M):
        return "nobody says why"
    if not done.ran:
        return None if done.ended.code in (125, 126) else "it did not run, and the exit code says something else"
    if name in CONFINING and who in ("init", "task"):
        return "it ran without"
    if done.ended.code != 0:
        return None
    found = done.confinement()
    return None if found == expected else f"the receipt differs: {None if found is None else found ^ expected}"


def sweep(caisson):
    caisson.call("prune", "--older-than", "0s").ok()
    assert caisson.ids == []


# Of another process with the monitor's memory: the one that holds a user namespace for a moment. It is late, and what it asks the
# kernel for comes to nothing, as when the monitor has died before: poll(2) for a fifth of a second in the place of PR_SET_PDEATHSIG.
LATE_HOLDER = "who=monitor,nr=157,if0=1,to=7,set0=0,set1=0,set2=200"


def airlocks():
    return {pid for pid in host.processes() if host.command_line(pid).startswith(b"caisson-airlock\0")}


def test_a_monitor_that_dies_at_any_call_takes_everything_with_it(caisson, launch, is_over, request):
    """Whoever asked is told, no process is left, and nobody takes the task for one that still runs."""
    honest = launch("who=monitor")
    assert honest.ran and honest.ended.code == 0
    wrong, died, before = [], 0, airlocks()
    tried = in_order(((number, nth) for number, nth in successful(honest.calls) if number in FAULTS and nth <= FIRST), request)
    for number, nth in tried:
        if stopped := is_over():
            break
        done = launch(LATE_HOLDER, f"who=monitor,nr={number},nth={nth},to=231,set0=9")
        died += done.ended is not None and done.ended.code == 125
        left = host.until(lambda: not airlocks() - before, 5) or airlocks() - before
        lost = [caisson.call("wait", task, "--timeout", "5s").code for task in done.tasks]
        if not done.ended or left is not True or 124 in lost:
            wrong.append(f"{FAULTS[number][0]} {nth}: {done}, left {left}, waits {lost}")
        for pid in airlocks() - before:
            os.kill(pid, signal.SIGKILL)
        (caisson.workspace / ".mcp.json").unlink(missing_ok=True)
    assert not wrong, "\n".join(wrong)
    assert died >= 40 or stopped
    sweep(caisson)
