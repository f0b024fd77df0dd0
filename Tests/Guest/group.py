"""Control groups as the guest's kernel shows them."""
from pathlib import Path

import host

ROOT = Path("/sys/fs/cgroup")
TASKS = ROOT / "caisson/tasks/default"


def path(pid):
    """The directory of a process's group."""
    line = host.read(f"/proc/{pid}/cgroup").decode().strip()
    assert line.startswith("0::/"), line
    return ROOT / line.removeprefix("0::/")


def text(directory, name):
    return (directory / name).read_text().strip()


def events(directory, name):
    """A file of `NAME NUMBER` lines."""
    return {key: int(value) for key, value in (line.split() for line in text(directory, name).splitlines())}


def processes(directory):
    return [int(pid) for pid in text(directory, "cgroup.procs").split()]


def left():
    """Groups of tasks that are there."""
    return sorted(place.name for place in TASKS.iterdir() if place.is_dir()) if TASKS.is_dir() else []


def remove(place):
    """Removes a group with those below it, once they are empty."""
    for child in [entry for entry in place.iterdir() if entry.is_dir()]:
        remove(child)
    host.until(lambda: text(place, "cgroup.events").startswith("populated 0"), 5)
    place.rmdir()
