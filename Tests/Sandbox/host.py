"""What the host shows: processes, mounts, files. Nothing here asks Caisson."""
import os
import time
from pathlib import Path

EFFECTIVE_ROOT = os.geteuid() == 0


def processes():
    """The pids of the host."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read(path):
    """A file of /proc; empty where its process has gone in the meantime."""
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def command_line(pid):
    return read(f"/proc/{pid}/cmdline")


def having(*words):
    """The pids whose command line has all of these words as arguments."""
    wanted = {word.encode() for word in words}
    return [pid for pid in processes() if pid != os.getpid() and wanted <= set(command_line(pid).split(b"\0"))]


def status(pid):
    """/proc/PID/status by field."""
    lines = read(f"/proc/{pid}/status").decode().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def session(pid):
    """Process group, session and controlling terminal, fields 5 to 7 of /proc/PID/stat."""
    fields = read(f"/proc/{pid}/stat").decode().rpartition(")")[2].split()
    return {"group": int(fields[2]), "session": int(fields[3]), "terminal": int(fields[4])}


def mounts(pid="self"):
    """/proc/PID/mountinfo as (place, set of mount and file system flags, file system), the last mount of a place last."""
    found = []
    for line in read(f"/proc/{pid}/mountinfo").decode().splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        kind, _, options = right.split(" ", 2)
        place = fields[4].encode().decode("unicode_escape")
        found.append((place, set(fields[5].split(",")), kind, set(options.split(","))))
    return found


def namespaces(pid):
    return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")}


def descriptors(pid):
    return {int(name): os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}


def until(condition, seconds=10, pause=0.02):
    """Waits for something to become true; its last value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(pause)


def tree(path):
    """Every name below a directory."""
    return sorted(str(place.relative_to(path)) for place in Path(path).rglob("*"))
