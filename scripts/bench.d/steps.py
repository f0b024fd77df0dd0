"""Where the time of a launch goes: the part `steps` of scripts/bench.

The kernel's own event trace (tracefs) notes when the processes of a launch fork, execute, end and make a few calls, at less than a
microsecond each: what is measured is the launch as it is, with no tracer that stops it. Needs root, and tracefs.
"""
import argparse
import collections
import contextlib
import json
import os
import re
import statistics
import sys
import time

import launch
import sandboxes

TRACEFS = "/sys/kernel/tracing"
CALLS = ["sendmsg", "clone3", "unshare", "setns", "fsopen", "pivot_root", "setsid", "setresuid", "landlock_restrict_self", "seccomp",
         "execveat"]
LINE = re.compile(r"\s*(?P<comm>.+)-(?P<pid>\d+)\s+\[\d+\]\s+\S+\s+(?P<time>\d+\.\d+): (?P<event>\w+)(?P<rest>.*)")
# Who, what the trace calls it, whether the first or the last of them counts, and what it is called here.
MILESTONES = [
    ("front", "exec", "first", "the front end is executed"),
    ("monitor", "born", "first", "the front end has started, and spawns the airlock"),
    ("monitor", "exec", "first", "the airlock is executed"),
    ("front", "sendmsg", "last", "the front end has resolved and decided, and hands over the plan"),
    ("init", "born", "first", "the monitor has made namespaces and init"),
    ("init", "fsopen", "first", "init begins to build the view"),
    ("init", "pivot_root", "last", "the view is built; pivot_root"),
    ("init", "setns", "last", "init enters the network namespace"),
    ("task", "born", "first", "init forks the task side"),
    ("init", "seccomp", "last", "init has confined itself"),
    ("task", "setresuid", "last", "the task side gives up its user"),
    ("task", "landlock_restrict_self", "last", "Landlock"),
    ("task", "seccomp", "last", "the task side has its filter; the monitor reads /proc of it for the receipt, and opens the gate"),
    ("monitor", "seccomp", "last", "the monitor has its filter"),
    ("task", "execveat", "last", "the task side executes the program"),
    ("task", "exec", "last", "the program begins"),
    ("task", "exit", "first", "the program ends"),
    ("init", "exit", "first", "init ends, and every process inside with it"),
    ("front", "exit", "first", "the front end has told the end, and ends"),
]


class Trace:
    """An instance of the kernel's trace that this process and its children write to, removed at the end. Source: trace/ftrace.rst."""

    def __init__(self):
        self.place = os.path.join(TRACEFS, "instances", f"caisson-bench-{os.getpid()}")
        os.mkdir(self.place)

    def __enter__(self):
        self.write("trace_clock", "mono")
        self.write("options/event-fork", "1")
        self.write("set_event_pid", str(os.getpid()))
        events = [f"sched/sched_process_{name}" for name in ["fork", "exec", "exit"]] + [f"syscalls/sys_enter_{name}" for name in CALLS]
        for event in events:
            # A kernel without one of the calls has no such event.
            with contextlib.suppress(FileNotFoundError):
                self.write(f"events/{event}/enable", "1")
        return self

    def __exit__(self, *_):
        os.rmdir(self.place)

    def write(self, name, text):
        with open(os.path.join(self.place, name), "w", encoding="utf-8") as file:
            file.write(text)

    def take(self):
        """The events since the last time."""
        with open(os.path.join(self.place, "trace"), encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
        self.write("trace", "")
        return [match for line in lines if (match := LINE.match(line))]


def number(text, name):
    return int(re.search(rf"\b{name}=(\d+)", text)[1])


class Launch:
    """The events of one launch, by process and kind, in seconds since the front end was forked."""

    def __init__(self, events):
        self.parents, self.times, self.begin = {}, collections.defaultdict(list), None
        for event in events:
            self.add(event["event"], int(event["pid"]), float(event["time"]), event["rest"])

    def add(self, event, pid, at, rest):
        if event == "sched_process_fork":
            parent, child = pid, number(rest, "child_pid")
            if parent == os.getpid():
                self.begin, self.front = at, child
            self.parents[child] = parent
            return self.times[child, "born"].append(at)
        kind = {"sched_process_exec": "exec", "sched_process_exit": "exit"}.get(event, event.removeprefix("sys_"))
        if "->" not in rest:
            self.times[pid, kind].append(at)

    def roles(self):
        """The task is whoever calls execveat last; init made it, and the monitor made init."""
        tasks = [(times[-1], pid) for (pid, kind), times in self.times.items() if kind == "execveat"]
        if self.begin is None or not tasks:
            return None
        task = max(tasks)[1]
        init = self.parents.get(task)
        monitor = self.parents.get(init)
        return {"front": self.front, "task": task, "init": init, "monitor": monitor}

    def milestones(self):
        roles = self.roles()
        for index, (who, kind, which, _) in enumerate(MILESTONES if roles else []):
            times = self.times.get((roles[who], kind))
            if times:
                yield index, (times[0 if which == "first" else -1] - self.begin) * 1e6


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "json"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--quick", dest="rounds", action="store_const", const=20)
    parser.add_argument("--realtime", action="store_true")
    return parser.parse_args()


def measure(launcher, rounds):
    """The steps in the order of their medians, with how long after the one before each of them was; of those that most launches have."""
    seen, whole = collections.defaultdict(list), []
    for _ in range(5):
        launcher.run()
    with Trace() as trace:
        for _ in range(rounds):
            trace.take()
            took, code = launcher.run()
            if code != 0:
                sys.exit(f"{launcher.row.title} failed with exit code {code}")
            whole.append(took / 1000)
            for index, at in Launch(trace.take()).milestones():
                seen[index].append(at)
            time.sleep(0.01)
    steps, before = [], 0
    for index, times in sorted(seen.items(), key=lambda item: statistics.median(item[1])):
        if len(times) > rounds * 0.6:
            low, at, high = statistics.quantiles(times, n=4)
            steps.append({"who": MILESTONES[index][0], "what": MILESTONES[index][3], "at": at, "q1": low, "q3": high, "since": at - before})
            before = at
    return {"title": launcher.row.title, "whole": statistics.median(whole), "steps": steps}


def main():
    chosen = options()
    if not os.access(os.path.join(TRACEFS, "instances"), os.W_OK):
        sys.exit("the steps need root, and the kernel's trace: mount -t tracefs none /sys/kernel/tracing")
    os.umask(0o022)
    if chosen.realtime:
        launch.come_first()
    place = launch.Place()
    try:
        found = [measure(launch.Launcher(row), chosen.rounds) for row in sandboxes.all_of_them(chosen, place)
                 if row.title.startswith("caisson") and not row.missing]
    finally:
        place.remove()
    for each in found:
        print(f"{each['title']}: {each['whole']:.0f} microseconds in all, medians of {chosen.rounds}")
        for step in each["steps"]:
            print(f"{step['at']:8.0f} +{step['since']:6.0f}  {step['who']:8} {step['what']}")
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"conditions": f"{chosen.rounds} launches each", "rows": found}, file, indent=2)


if __name__ == "__main__":
    main()
