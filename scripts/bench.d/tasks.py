"""What tasks cost while they run: how fast output is recorded and read, what an idle task takes. `scripts/bench --help` says how it is called.

Where something is compared, both sides take turns, on the same disk, so that a machine that becomes slower does so for both.
"""
import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import launch
import sandboxes
import serving

MIB = 1 << 20
# Grows without compression, deduplication or holes getting in the way of either side.
PRODUCER = ["head", "-c"]
POLICY = """
schema = 1
name = "bench"
description = "A few programs, and as much output as there is"
[commands]
allow = ["head", "sleep", "seq", "true"]
[files]
root_workspace = true
[limits]
output = "20 GiB"
file_size = "20 GiB"
wall = "1 d"
processes = 1024
[require]
degrade = ["cgroup", "groups"]
[[relax]]
key = "files.root_workspace"
reason = "a benchmark"
[[relax]]
key = "require.degrade.cgroup"
reason = "a benchmark"
[[relax]]
key = "require.degrade.groups"
reason = "a benchmark"
"""


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "user", "json"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--part", choices=[*PARTS], action="append")
    parser.add_argument("--rounds", type=int, default=7)
    for name in ["quick", "check", "markdown"]:
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


class Bench:
    """The programs, a state directory and a policy of the bench's own."""

    def __init__(self, chosen, place):
        self.chosen, self.place = chosen, place
        self.program = os.path.join(chosen.release, "caisson")
        self.policy = os.path.join(place.root, "bench.toml")
        with open(self.policy, "w", encoding="utf-8") as file:
            file.write(POLICY)
        os.chmod(self.policy, 0o644)
        self.call("run", *self.where, "--", "head", "-c", "1", "/dev/zero")

    @property
    def where(self):
        return ["--policy", self.policy, "--workspace", self.place.workspace]

    def call(self, *words, **options):
        environment = {"PATH": "/usr/bin:/bin", "CAISSON_STATE": self.place.state, "HOME": self.place.root}
        done = subprocess.run([self.program, *words], env=environment, capture_output=True, text=True, check=False, **options)
        if done.returncode != 0:
            sys.exit(f"caisson {' '.join(words)}: exit code {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def detach(self, *argv):
        return self.call("run", "--detach", *self.where, "--", *map(str, argv))

    @property
    def sizes(self):
        """How many of the three sizes are measured."""
        return 1 if self.chosen.check else 2 if self.chosen.quick else 3

    def monitors(self, ids):
        """The pids of monitors: airlocks that have an airlock of the same task as their child."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                words = read(f"/proc/{pid}/cmdline").split("\0")
                if words[0] == "caisson-airlock" and words[1] in ids:
                    found[int(pid)] = int(read(f"/proc/{pid}/stat").rpartition(")")[2].split()[1])
        return [pid for pid, parent in found.items() if parent not in found]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def seconds(body):
    began = time.perf_counter()
    body()
    return time.perf_counter() - began


def middle(values):
    return statistics.median(values)


def spread(values, form):
    """The quartiles, as text."""
    low, _, high = statistics.quantiles(values, n=4)
    return f"{form(low)} to {form(high)}"


# MARK: spool

def spool(bench):
    """Bytes a second into the record, against `cat > file` behind the same producer."""
    for size in [64 * MIB, 512 * MIB, 2048 * MIB][: bench.sizes]:
        target = os.path.join(bench.place.root, "cat")
        ours, theirs = [], []

        def record():
            bench.call("wait", bench.detach(*PRODUCER, size, "/dev/zero"))

        def cat():
            subprocess.run(["sh", "-c", f"head -c {size} /dev/zero | cat > {target}"], check=True)
        launches = middle([seconds(lambda: bench.call("wait", bench.detach(*PRODUCER, 1, "/dev/zero"))) for _ in range(5)])
        for _ in range(bench.chosen.rounds):
            ours.append(seconds(record) - launches)
            bench.call("prune", "--older-than", "0s")
            settle()
            theirs.append(seconds(cat))
            os.unlink(target)
            settle()
        rate, peer = size / middle(ours), size / middle(theirs)
        yield {"what": f"record {size // MIB} MiB", "value": f"{rate / MIB:.0f} MiB/s",
               "spread": spread([size / MIB / took for took in ours], "{:.0f}".format), "peer": f"cat > file: {peer / MIB:.0f} MiB/s",
               "ratio": rate / peer, "bar": "0.9 or more"}


def settle():
    """Nothing of the round before is still on its way to the disk."""
    os.sync()
    time.sleep(0.05)


# MARK: read

def reading(bench):
    """1 MiB at any offset, by a `caisson logs` of its own: its start is part of the time."""
    for size in [100 * MIB, 1024 * MIB, 10240 * MIB][: bench.sizes]:
        id = bench.detach(*PRODUCER, size, "/dev/zero")
        bench.call("wait", id)
        times = []
        order = random.Random(1)
        for number in range(5 + 10 * bench.chosen.rounds):
            offset = order.randrange(size - MIB)
            took = seconds(lambda: take(bench, id, offset))
            if number >= 5:
                times.append(took)
        bench.call("prune", "--older-than", "0s")
        yield {"what": f"read 1 MiB of {size // MIB} MiB", "value": f"{middle(times) * 1000:.2f} ms", "ms": middle(times) * 1000,
               "spread": spread(times, lambda value: f"{value * 1000:.2f}"), "bar": "5 ms or less"}


def take(bench, id, offset):
    words = [bench.program, "logs", id, "--state", bench.place.state, "--stream", "stdout", "--from", str(offset)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"}) as child:
        left = MIB
        while left > 0 and (data := os.read(child.stdout.fileno(), left)):
            left -= len(data)
        if left:
            sys.exit(f"{left} bytes of a MiB at {offset} did not come")
        child.stdout.close()


# MARK: density

def available():
    """KiB, after what was freed has really been freed."""
    time.sleep(1)
    for line in read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1])
    sys.exit("/proc/meminfo has no MemAvailable")


def density(bench):
    """Memory of an idle task against bubblewrap's, and processor time of monitors that have nothing to do."""
    count = 100 if bench.chosen.quick else 200
    peer = sandboxes.bubblewrap(sandboxes.first(bench.chosen.bubblewrap, "bwrap"), bench.place, "bubblewrap")
    ours, theirs = [], []
    for _ in range(3):
        ours.append(memory_of_tasks(bench, count))
        if not peer.missing:
            theirs.append(memory_of_sandboxes(peer, count))
    mine, other = middle(ours), middle(theirs) if theirs else None
    yield {"what": f"memory of an idle task, of {count}", "value": f"{mine:.0f} KiB", "spread": f"{min(ours):.0f} to {max(ours):.0f}",
           "peer": f"bubblewrap: {other:.0f} KiB" if other else peer.missing, "ratio": mine / other if other else None,
           "bar": "0.6 or less"}
    yield from idle(bench)


def memory_of_tasks(bench, count):
    before = available()
    ids = [bench.detach("sleep", 3600) for _ in range(count)]
    used = (before - available()) / count
    stop(bench, ids)
    return used


def stop(bench, ids):
    for start in range(0, len(ids), 200):
        bench.call("stop", "--grace", "0s", *ids[start:start + 200])
    bench.call("prune", "--older-than", "0s")


def memory_of_sandboxes(peer, count):
    before = available()
    children = [subprocess.Popen(peer.command(["/bin/sleep", "3600"]), stdin=subprocess.DEVNULL) for _ in range(count)]
    time.sleep(1)
    used = (before - available()) / count
    for child in children:
        child.send_signal(signal.SIGKILL)
    for child in children:
        child.wait()
    return used


def idle(bench):
    """Many tasks alive at once."""
    counts = [100, 300] if bench.chosen.quick else [500, 1000, 2000]
    ids = []
    for count in counts:
        began = time.perf_counter()
        new = count - len(ids)
        ids += [bench.detach("sleep", 3600) for _ in range(new)]
        rate = new / (time.perf_counter() - began)
        listing = middle([seconds(lambda: bench.call("ps", "--json")) for _ in range(5)])
        monitors = bench.monitors(set(ids))
        if len(monitors) != count:
            sys.exit(f"{len(monitors)} of {count} monitors are alive")
        before = processor_time(monitors)
        time.sleep(10 if bench.chosen.quick else 60)
        used = processor_time(monitors) - before
        yield {"what": f"{count} tasks alive", "value": f"{used:.2f} s of processor time in {10 if bench.chosen.quick else 60} s",
               "seconds": used, "peer": f"the last {new} started at {rate:.0f} a second; ps in {listing * 1000:.0f} ms",
               "bar": "0.1 s or less (1,000 tasks, a minute)"}
    stop(bench, ids)


def processor_time(pids):
    """Seconds, of user and kernel together, to the nanosecond (schedstat of the kernel's sched-stats.rst)."""
    return sum(int(read(f"/proc/{pid}/schedstat").split()[0]) for pid in pids) / 1e9


# MARK: listing

def listing(bench):
    """The newest tasks among many that have ended: copies of one of them."""
    count, page = 1000 if bench.chosen.quick else 10_000, 100
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tests", "Clients"))
    import many  # pylint: disable=import-outside-toplevel
    bench.call("run", *bench.where, "--", "true")
    many.copies(next(path for path in Path(bench.place.state, "tasks").iterdir() if not path.name.startswith(".")), count)
    bench.call("ps", "--json")
    times = [seconds(lambda: bench.call("ps")) for _ in range(20)]
    yield {"what": f"caisson ps, among {count} ended tasks", "value": f"{middle(times) * 1000:.1f} ms", "ms": middle(times) * 1000,
           "spread": spread(times, lambda value: f"{value * 1000:.1f}"), "bar": "20 ms or less"}
    connection = serving.Connection(bench)
    connection.call("list_sessions", limit=page)
    times = [serving.timed(lambda: connection.call("list_sessions", limit=page)) for _ in range(50)]
    connection.close()
    yield {"what": f"list_sessions of {page}, among {count} ended tasks", "value": f"{middle(times):.1f} ms", "ms": middle(times),
           "spread": spread(times, "{:.1f}".format), "bar": "20 ms or less"}


PARTS = {"spool": spool, "read": reading, "density": density, "serving": serving.serving, "listing": listing}
HEADINGS = ["", "", "quartiles", "compared with", "ratio", "bar"]


def cells(row):
    ratio = row.get("ratio")
    return [row["what"], row["value"], row.get("spread", ""), row.get("peer", ""), f"{ratio:.2f}" if ratio else "", row["bar"]]


def show(rows, markdown):
    if markdown:
        print("| " + " | ".join(HEADINGS) + " |\n|---|---:|---|---|---:|---|")
        for row in rows:
            print("| " + " | ".join(cells(row)) + " |")
        return
    lines = [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    chosen = options()
    os.umask(0o022)
    if chosen.user:
        launch.become(chosen.user)
    place = launch.Place()
    rows = []
    try:
        bench = Bench(chosen, place)
        for name in chosen.part or PARTS:
            for row in PARTS[name](bench):
                print(f"{row['what']}: {row['value']}", file=sys.stderr, flush=True)
                rows.append(row)
    finally:
        end_everything(place)
        place.remove()
    print(launch.conditions(chosen.rounds) + "\n")
    show(rows, chosen.markdown)
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


def end_everything(place):
    """Tasks of an interrupted run."""
    tasks = os.path.join(place.state, "tasks")
    ids = {name for name in os.listdir(tasks)} if os.path.isdir(tasks) else set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError):
            words = read(f"/proc/{pid}/cmdline").split("\0")
            if words[0] == "caisson-airlock" and words[1] in ids:
                os.kill(int(pid), signal.SIGKILL)


if __name__ == "__main__":
    main()
