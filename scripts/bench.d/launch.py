"""Times the launch of /bin/true in each sandbox and prints a table. `scripts/bench --help` says how it is called.

Each round runs everything once, in an order of its own, so that a machine that becomes slower does so for all of them;
between two launches it waits until the one before is cleaned away, which kernels do after the end.
"""
import argparse
import json
import os
import platform
import pwd
import random
import shlex
import shutil
import signal
import statistics
import sys
import tempfile
import time

import sandboxes

WARM_UP = 5
PAUSE = 0.003
REFERENCE = "bubblewrap"
NAMESPACES = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]


def options():
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "user", "json"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--quick", dest="rounds", action="store_const", const=40)
    parser.add_argument("--only", help="systems whose title begins with one of these words, with | between them")
    for name in ["markdown", "commands", "realtime", "memory"]:
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


class Place:
    """Directories that the sandboxes need, removed at the end, also of a run that is ended.

    in_memory: the state directory is on tmpfs. A disk's file system can be slower for minutes at making files, when many were removed
    from it: ext4 without a journal looks at each of those first (fs/ext4/ialloc.c, recently_deleted).
    """

    def __init__(self, in_memory=False):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.root = tempfile.mkdtemp(prefix="caisson-bench-", dir=os.environ.get("TMPDIR", "/var/tmp"))
        self.workspace, self.settings = (os.path.join(self.root, name) for name in ["workspace", "etc"])
        for path in [self.workspace, self.settings]:
            os.mkdir(path, 0o755)
        self.state = tempfile.mkdtemp(prefix="caisson-bench-", dir="/dev/shm" if in_memory else self.root)
        shutil.copy("/etc/ld.so.cache", self.settings)
        for name, text in [("passwd", "task:x:1000:1000::/:/bin/sh\n"), ("group", "task:x:1000:\n")]:
            with open(os.path.join(self.settings, name), "w", encoding="utf-8") as file:
                file.write(text)

    def creation_us(self):
        """Microseconds until a file is made where the state is: the median of fifty."""
        times = []
        with tempfile.TemporaryDirectory(dir=self.state) as directory:
            for number in range(50):
                began = time.perf_counter_ns()
                os.close(os.open(os.path.join(directory, str(number)), os.O_CREAT | os.O_WRONLY, 0o600))
                times.append((time.perf_counter_ns() - began) / 1000)
        return statistics.median(times)

    def remove(self):
        shutil.rmtree(self.root)
        shutil.rmtree(self.state, ignore_errors=True)


def become(name):
    """Gives up root for an ordinary user's uid, gid and groups."""
    user = pwd.getpwnam(name)
    os.initgroups(name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=name, LOGNAME=name)


class Launcher:
    """Starts one row's command and waits for it; the descriptors are opened once."""

    def __init__(self, row):
        self.row = row
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **row.environment}
        self.none = os.open("/dev/null", os.O_RDWR)

    def start(self, program=("/bin/true",), output=None, error=None):
        """Starts it, and returns its pid."""
        argv = self.row.command(list(program))
        streams = [self.none, self.none if output is None else output, self.none if error is None else error]
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(streams)]
        return os.posix_spawn(argv[0], argv, self.environment, file_actions=actions)

    def run(self, *program_and_streams):
        """Nanoseconds from before the spawn until the child is reaped, and its exit code."""
        began = time.perf_counter_ns()
        _, status = os.waitpid(self.start(*program_and_streams), 0)
        return time.perf_counter_ns() - began, os.waitstatus_to_exitcode(status)

    def text(self, program):
        """What a program prints inside, on both streams together."""
        with tempfile.TemporaryFile() as file:
            code = self.run(program, file.fileno(), file.fileno())[1]
            file.seek(0)
            return code, file.read().decode(errors="replace")


def shared_namespaces(text):
    """The namespaces of `ls -l /proc/self/ns` that are the host's."""
    return [name for name in NAMESPACES if os.readlink(f"/proc/self/ns/{name}") in text]


def field(text, name):
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return line.split(":")[1].strip()
    return "?"


def come_first():
    """Runs before everything else of this machine, with all that is started from here. Source: sched(7)."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        sys.exit("--realtime needs root, or RLIMIT_RTPRIO")


def examine(launcher):
    """Whether a row works here, and what is really in force in it; sets `missing` if not."""
    row = launcher.row
    if row.missing:
        return
    code, said = launcher.text(["/bin/true"])
    if code != 0:
        lines = said.strip().splitlines() or ["no message"]
        row.missing = f"fails with exit code {code}: {lines[-1][:160]}"
        return
    (listed, own), (read, status) = (
        launcher.text(program) for program in [["/bin/ls", "-l", "/proc/self/ns"], ["/bin/cat", "/proc/self/status"]])
    if listed != 0 or read != 0:
        row.missing = f"its /proc can't be read inside: {(own if listed else status).strip()[-160:]}"
        return
    shared = shared_namespaces(own)
    row.facts = {
        "namespaces": f"{len(NAMESPACES) - len(shared)} of {len(NAMESPACES)}",
        "shared": shared, "seccomp": field(status, "Seccomp"), "no_new_privs": field(status, "NoNewPrivs"),
        "cap_effective": field(status, "CapEff"),
    }


def measure(launchers, rounds):
    """Nanoseconds of each launch, by title."""
    times = {launcher.row.title: [] for launcher in launchers}
    order = random.Random(1)
    for number in range(-WARM_UP, rounds):
        for launcher in order.sample(launchers, len(launchers)):
            took, code = launcher.run()
            if code != 0:
                sys.exit(f"{launcher.row.title} failed with exit code {code} in round {number}")
            if number >= 0:
                times[launcher.row.title].append(took)
            time.sleep(PAUSE)
        if sys.stderr.isatty() and number >= 0:
            print(f"\r{number + 1} of {rounds} rounds", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return times


def figures(row, times):
    """Microseconds of a row."""
    if row.missing:
        return {"title": row.title, "missing": row.missing}
    cuts = statistics.quantiles(times, n=10)
    median, low, high = (value / 1000 for value in (statistics.median(times), cuts[0], cuts[-1]))
    return {
        "title": row.title, "command": row.command(["/bin/true"]), "environment": row.environment,
        "median_us": median, "p10_us": low, "p90_us": high, "min_us": min(times) / 1000, **row.facts,
    }


def with_ratios(rows):
    """Adds the ratios of medians against bubblewrap and the bare spawn."""
    medians = {row["title"]: row["median_us"] for row in rows if "median_us" in row}
    peer = next((value for title, value in medians.items() if title.startswith(REFERENCE)), None)
    bare = medians["bare posix_spawn"]
    for row in rows:
        if "median_us" in row:
            row["to_bubblewrap"] = row["median_us"] / peer if peer else None
            row["to_bare"] = row["median_us"] / bare
    return rows


HEADINGS = ["", "median", "p10", "p90", "min", "to bubblewrap", "to bare", "namespaces", "seccomp"]


def cells(row):
    if "missing" in row:
        return [row["title"], row["missing"]]
    numbers = [f"{row[key] / 1000:.2f} ms" for key in ["median_us", "p10_us", "p90_us", "min_us"]]
    ratios = [f"{row[key]:.2f}" if row[key] else "-" for key in ["to_bubblewrap", "to_bare"]]
    return [row["title"], *numbers, *ratios, row["namespaces"], "yes" if row["seccomp"] == "2" else "no"]


def text_table(rows):
    lines = [HEADINGS] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines if len(line) > 2) for column in range(len(HEADINGS))]
    for line in lines:
        yield "  ".join(cell.ljust(width) if index == 0 or len(line) == 2 else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(line, widths))).rstrip()


def markdown_table(rows):
    yield "| " + " | ".join(HEADINGS) + " |"
    yield "|---|" + "---:|" * (len(HEADINGS) - 1)
    for row in rows:
        line = cells(row)
        yield "| " + " | ".join(line + [""] * (len(HEADINGS) - len(line))) + " |"


def conditions(rounds):
    return (f"{rounds} rounds on {os.cpu_count()} processors, Linux {platform.release()}, "
            f"as {'root' if os.getuid() == 0 else 'an ordinary user'}"
            + (", at real-time priority" if os.sched_getscheduler(0) == os.SCHED_FIFO else ""))


def main():
    chosen = options()
    os.umask(0o022)
    # An ordinary user may not write where root wants it.
    report = open(chosen.json, "w", encoding="utf-8") if chosen.json else None  # pylint: disable=consider-using-with
    if chosen.realtime:
        come_first()
    if chosen.user:
        become(chosen.user)
    place = Place(chosen.memory)
    try:
        creation = place.creation_us()
        wanted = tuple(chosen.only.split("|")) if chosen.only else ""
        launchers = [Launcher(row) for row in sandboxes.all_of_them(chosen, place) if row.title.startswith(wanted)]
        if chosen.commands:
            for launcher in launchers:
                row = launcher.row
                print(f"{row.title}:\n    {row.missing or shlex.join(row.command(['/bin/true']))}")
            return
        for launcher in launchers:
            examine(launcher)
        times = measure([launcher for launcher in launchers if not launcher.row.missing], chosen.rounds)
        rows = with_ratios([figures(launcher.row, times.get(launcher.row.title)) for launcher in launchers])
    finally:
        place.remove()
    print(conditions(chosen.rounds) + "\n")
    print("\n".join(markdown_table(rows) if chosen.markdown else text_table(rows)))
    if report:
        with report:
            json.dump({"conditions": conditions(chosen.rounds), "creation_us": creation, "rows": rows}, report, indent=2)


if __name__ == "__main__":
    main()
