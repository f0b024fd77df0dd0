"""Runs the parts of scripts/bench one after the other: all of them for docs/performance.md, or, with --check, what has a threshold.

Each part is a process of its own, with a state directory of its own. What fails is said where its figures would stand.
"""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

import document
import thresholds

HERE = os.path.dirname(os.path.abspath(__file__))
# Last what makes and removes most files: file systems are slower for a while after that.
TASKS = ["serving", "spool", "read", "density", "listing"]


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "user", "rounds"]:
        parser.add_argument(f"--{name}")
    for name in ["quick", "check", "realtime"]:
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--into", default="docs")
    return parser.parse_args()


class Parts:
    """Starts the parts with the programs that were chosen, and keeps what they measured, by name."""

    def __init__(self, chosen):
        self.chosen, self.found = chosen, {}

    def run(self, name, script, *arguments):
        """What a part has written as JSON, or why there is nothing."""
        print(f"--- {name}", file=sys.stderr, flush=True)
        paths = [f"--{each}={getattr(self.chosen, each) or ''}" for each in ["release", "bubblewrap", "nsjail"]]
        common = ["--quick"] if self.chosen.quick or self.chosen.check else []
        common += ["--realtime"] if self.chosen.realtime and script != "tasks.py" else []
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
            done = subprocess.run([sys.executable, os.path.join(HERE, script), *paths, *common, *arguments, "--json", file.name],
                                  stdout=sys.stderr, stderr=subprocess.PIPE, text=True, check=False)
            words = done.stderr.strip().splitlines()
            self.found[name] = json.load(file) if done.returncode == 0 else {"failed": (words or ["nothing was said"])[-1][:300]}
        if done.returncode != 0:
            print(done.stderr, file=sys.stderr, flush=True)
        return self.found[name]


def rounds(chosen):
    return ["--rounds", chosen.rounds] if chosen.rounds else []


def everything(parts):
    chosen = parts.chosen
    parts.run("launch", "launch.py", *rounds(chosen))
    if chosen.user:
        parts.run("launch as a user", "launch.py", "--user", chosen.user, *rounds(chosen))
    parts.run("rate", "rate.py")
    parts.run("steps", "steps.py")
    for name in TASKS:
        parts.run(name, "tasks.py", "--part", name)


def check(parts):
    """What has a threshold, and once more what is beyond it: a machine has its moments. Returns the number of those beyond it twice."""
    limits, failed = thresholds.read(os.path.join(HERE, "thresholds.toml")), 0
    again = None
    for attempt in (1, 2):
        for name, arguments in thresholds.MEASURED.items():
            if again is None or name in {limit.part for limit in again}:
                parts.run(name, *arguments)
        judged = [(limit, *limit.judge(parts.found)) for limit in (limits if again is None else again)]
        for limit, verdict, words in judged:
            if verdict or attempt == 2:
                print(f"{'ok  ' if verdict else 'FAIL'} {limit.name}: {words}", flush=True)
        again = [limit for limit, verdict, _ in judged if not verdict]
        if not again:
            break
    failed = len(again)
    print(f"{len(limits) - failed} passed, {failed} failed")
    return 1 if failed else 0


# MARK: the machine

def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def machine():
    """What it is, without its name."""
    model = re.search(r"^model name\s*: (.*)$", text_of("/proc/cpuinfo"), re.M)
    memory = int(re.search(r"^MemTotal:\s+(\d+)", text_of("/proc/meminfo"), re.M)[1]) / (1 << 20)
    return (f"{os.cpu_count()} processors ({model[1] if model else platform.machine()}), {memory:.1f} GiB of memory, "
            f"Linux {platform.release()}, as {'root' if os.getuid() == 0 else 'an ordinary user'}")


def commit():
    done = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(["git", "status", "--porcelain", "Sources"], capture_output=True, text=True, check=False)
    return (done.stdout.strip() or "unknown") + (" with changes" if changed.stdout.strip() else "")


def noise(found, load):
    """What shows that others were at work, or nothing."""
    signs = []
    if load > os.cpu_count() * 0.3:
        signs.append(f"the load average was {load:.2f} before it began")
    creation = found.get("launch", {}).get("creation_us", 0)
    if creation > 40:
        signs.append(f"to make a file took {creation:.0f} µs, which each launch of Caisson does several times: many were removed a short time before")
    rows = found.get("launch", {}).get("rows", [])
    bare = next((row for row in rows if row["title"].startswith("bare") and "median_us" in row), None)
    if bare and bare["p90_us"] > 2 * bare["p10_us"]:
        signs.append(f"nine in ten bare spawns took up to {bare['p90_us'] / bare['p10_us']:.1f} times as long as one in ten did")
    spreads = [figures["q3"] / figures["q1"] for row in found.get("rate", {}).get("rows", [])
               for figures in row.get("parallel", {}).values() if figures["q1"]]
    if spreads and statistics.median(spreads) > 1.3:
        signs.append(f"between the quartiles of launches a second there is a factor of {statistics.median(spreads):.2f}")
    return signs


def main():
    chosen = options()
    parts, load = Parts(chosen), os.getloadavg()[0]
    if chosen.check:
        return check(parts)
    everything(parts)
    facts = {"machine": machine(), "commit": commit(), "noise": noise(parts.found, load), "load": load, "quick": chosen.quick}
    document.write(chosen.into, parts.found, facts)
    failed = [name for name, found in parts.found.items() if isinstance(found, dict) and "failed" in found]
    print(f"wrote {chosen.into}/performance.md and {chosen.into}/performance.svg" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
