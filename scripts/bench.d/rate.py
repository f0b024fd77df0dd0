"""Launches per second with 1, 2, 8 and 64 of them in flight: the part `rate` of scripts/bench.

One loop starts them and waits for whichever ends: nothing but the launches themselves runs beside it. A window is over when the last
of them is; windows of all systems take turns. What fails is counted, and its last words are kept.
"""
import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time

import launch
import sandboxes

# The kernel takes network namespaces apart after the end of their processes.
PAUSE = 0.5


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "user", "json"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--windows", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--parallel", type=lambda text: [int(word) for word in text.split(",")], default=[1, 2, 8, 64])
    parser.add_argument("--quick", action="store_true")
    for name in ["realtime", "memory"]:
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--only", help="systems whose title begins with one of these words, with | between them")
    return parser.parse_args()


class Count:
    """What came of the launches of a system with so many in flight."""

    def __init__(self):
        self.rates, self.launches, self.errors, self.words = [], 0, 0, ""

    def add(self, launches, errors, seconds, words):
        self.rates.append((launches - errors) / seconds)
        self.launches, self.errors, self.words = self.launches + launches, self.errors + errors, self.words or words

    def figures(self):
        low, _, high = statistics.quantiles(self.rates, n=4) if len(self.rates) > 1 else self.rates * 3
        return {"rate": statistics.median(self.rates), "q1": low, "q3": high, "launches": self.launches, "errors": self.errors,
                "words": self.words}


def window(launcher, parallel, seconds):
    """How many were launched, how many of them failed, in how many seconds, and what the first that failed said."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        running, launches, errors = 0, 0, 0
        while running or time.perf_counter() - began < seconds:
            while running < parallel and time.perf_counter() - began < seconds:
                launcher.start(error=said.fileno())
                running, launches = running + 1, launches + 1
            if running:
                errors += os.waitstatus_to_exitcode(os.wait()[1]) != 0
                running -= 1
        took = time.perf_counter() - began
        said.seek(0)
        words = said.read(10_000).decode(errors="replace").strip().splitlines() if errors else []
    return launches, errors, took, words[0][:200] if words else ""


def measure(launchers, chosen):
    counts = {(launcher.row.title, parallel): Count() for launcher in launchers for parallel in chosen.parallel}
    order = random.Random(1)
    for number in range(chosen.windows):
        turns = [(launcher, parallel) for launcher in launchers for parallel in chosen.parallel]
        for launcher, parallel in order.sample(turns, len(turns)):
            counts[launcher.row.title, parallel].add(*window(launcher, parallel, chosen.seconds))
            time.sleep(PAUSE)
        print(f"{number + 1} of {chosen.windows} windows", file=sys.stderr, flush=True)
    return counts


def rows_of(launchers, counts, parallel):
    for launcher in launchers:
        row = {"title": launcher.row.title}
        if launcher.row.missing:
            yield row | {"missing": launcher.row.missing}
        else:
            yield row | {"parallel": {str(each): counts[row["title"], each].figures() for each in parallel}}


def with_ratios(rows):
    """Adds the ratios of medians against bubblewrap: more than 1 is more launches."""
    peer = next((row["parallel"] for row in rows if row["title"].startswith(launch.REFERENCE) and "parallel" in row), None)
    for row in rows:
        for parallel, figures in row.get("parallel", {}).items():
            figures["to_bubblewrap"] = figures["rate"] / peer[parallel]["rate"] if peer and peer[parallel]["rate"] else None
    return rows


def main():
    chosen = options()
    chosen.windows = chosen.windows or (3 if chosen.quick else 5)
    chosen.seconds = chosen.seconds or (1 if chosen.quick else 2)
    os.umask(0o022)
    if chosen.realtime:
        launch.come_first()
    if chosen.user:
        launch.become(chosen.user)
    place = launch.Place(chosen.memory)
    try:
        wanted = tuple(chosen.only.split("|")) if chosen.only else ("bare", "caisson", "bubblewrap", "nsjail")
        launchers = [launch.Launcher(row) for row in sandboxes.all_of_them(chosen, place) if row.title.startswith(wanted)]
        for launcher in launchers:
            launch.examine(launcher)
        there = [launcher for launcher in launchers if not launcher.row.missing]
        rows = with_ratios(list(rows_of(launchers, measure(there, chosen), chosen.parallel)))
    finally:
        place.remove()
    print(f"{chosen.windows} windows of {chosen.seconds:g} s: launches a second that succeeded, median (quartiles)\n")
    show(rows)
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"conditions": f"{chosen.windows} windows of {chosen.seconds:g} s", "rows": rows}, file, indent=2)


def show(rows):
    for row in rows:
        print(row["title"] + (f": {row['missing']}" if "missing" in row else ""))
        for parallel, figures in row.get("parallel", {}).items():
            ratio = f", {figures['to_bubblewrap']:.2f} of bubblewrap" if figures["to_bubblewrap"] else ""
            words = f": {figures['words']}" if figures["errors"] else ""
            print(f"  {parallel:>2} in flight  {figures['rate']:6.0f} ({figures['q1']:.0f} to {figures['q3']:.0f}){ratio}; "
                  f"{figures['launches']} launches, {figures['errors']} errors{words}")


if __name__ == "__main__":
    main()
