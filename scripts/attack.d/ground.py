"""What every attack stands on: directories and canaries, how the attacker is started, and how an attack is written down."""
import contextlib
import glob
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from systems import NotRun


class Place:
    """Directories of this run, outside and inside of the sandboxes' view, and canaries in them."""

    def __init__(self, chosen):
        self.root = tempfile.mkdtemp(prefix="caisson-attack-", dir=os.environ.get("TMPDIR", "/var/tmp"))
        os.chmod(self.root, 0o755)
        self.release = os.path.abspath(chosen.release)
        for name in ["state", "workspace", "tools", "policies", "settings", "outside"]:
            setattr(self, name, os.path.join(self.root, name))
            os.mkdir(getattr(self, name), 0o700 if name in ("state",) else 0o755)
        # Two that are the same: one can be written while the other one runs.
        self.probe, self.other = (os.path.join(self.tools, name) for name in ("probe", "other"))
        for program in (self.probe, self.other):
            shutil.copy(chosen.probe, program)
        for policy in glob.glob(os.path.join(chosen.policies, "*.toml")):
            shutil.copy(policy, self.policies)
        shutil.copy("/etc/ld.so.cache", self.settings)
        for name, text in [("passwd", "task:x:1000:1000::/:/bin/sh\n"), ("group", "task:x:1000:\n")]:
            with open(os.path.join(self.settings, name), "w", encoding="utf-8") as file:
                file.write(text)

    def variables(self, more=None):
        return {"PATH": "/usr/bin:/bin", "HOME": self.root, "CAISSON_POLICIES": self.policies, **(more or {})}

    def attacker(self, prefix, word, *attempt):
        """The command line under which the attacker says a word before it tries something."""
        return [*prefix, self.probe, "attempt", word, *map(str, attempt)]

    def run(self, system, *attempt, timeout=40, environment=None, lingers=False, **more):
        """What the attacker prints in a sandbox, from its beginning to its end. `lingers`: what it leaves behind is not ended here."""
        word = secrets.token_hex(8)
        # Into files: what gets out keeps a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            argv = self.attacker(system.prefix, word, *attempt)
            settings = {"stdout": out, "stderr": err, "env": self.variables(environment), **more}
            with started(self, argv, None if lingers else word, **settings) as child, contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout)
            for file in (out, err):
                file.seek(0)
            said, words = out.read(), err.read().decode(errors="replace").strip()
        if word.encode() not in said:
            raise NotRun((words.splitlines() or ["it prints nothing"])[-1][:160])
        return said.partition(word.encode())[2]

    def fresh(self, system):
        """An empty workspace, of the owner that the sandbox asks for."""
        for name in os.listdir(self.workspace):
            path = os.path.join(self.workspace, name)
            # A sandbox that has just been ended takes its own names back meanwhile.
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        if os.geteuid() == 0:
            os.chown(self.workspace, system.owner, system.owner)

    def make(self, *names):
        """A directory in the workspace, with the same owner."""
        path = os.path.join(self.workspace, *names)
        os.mkdir(path)
        if os.geteuid() == 0:
            owner = os.stat(self.workspace).st_uid
            os.chown(path, owner, owner)
        return path

    def secret(self, name="secret"):
        """A canary in a file outside of the workspace, which every user of the host may read: its path and what it says."""
        canary, path = secrets.token_hex(16), os.path.join(self.outside, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(canary)
        os.chmod(path, 0o644)
        return path, canary.encode()

    def close(self):
        """Ends what is left of all attackers, and takes everything away."""
        end(self.probe)
        if not wait_for(lambda: shutil.rmtree(self.root, ignore_errors=True) or not os.path.exists(self.root), 5):
            print(f"{self.root} can't be removed", file=sys.stderr)


@contextlib.contextmanager
def started(place, argv, word=None, **more):
    """A program; in the end it is killed with everything that has the word in its command line, whatever happens meanwhile."""
    settings = {"env": place.variables(), "cwd": place.workspace, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                "stderr": subprocess.DEVNULL, **more}
    child = subprocess.Popen(argv, **settings)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if word:
            end(word)


# What the attacker adds to files, and nothing else ever says. Source: Tests/Sandbox/probe/attack.c, verb_append.
APPENDED = b"APPENDED\n"


def size(path):
    """In bytes; None: it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path).st_size
    return None


def appended(paths, attempt):
    """Which of the files the attacker has added to, or made: what it added is taken away again, and nothing else."""
    before = {path: size(path) for path in paths}
    attempt()
    return {path: taken_back(path, old) for path, old in before.items()}


def taken_back(path, old):
    if size(path) is None:
        return False
    with open(path, "rb") as file:
        file.seek(old or 0)
        found = APPENDED in file.read()
    if old is None:
        os.unlink(path)
    elif found:
        os.truncate(path, old)
    return found


def planted(ways):
    """Which files are there; they are taken away."""
    found = {way: os.path.lexists(path) for way, path in ways.items()}
    for way, path in ways.items():
        if found[way]:
            os.unlink(path)
    return found


def having(marker):
    """Processes of the host with a word in their command line, this one apart."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if marker.encode() in file.read().split(b"\0") and int(pid) != os.getpid():
                found.append(int(pid))
    return found


def end(marker):
    """What forks meanwhile is found the next time; what can't be killed is left after 2 s."""
    wait_for(lambda: not [kill(pid) for pid in having(marker)], 2)


def kill(pid):
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGKILL)


@dataclass
class Attack:
    """One way out: its class in the list of attacks, what is tried, and when it was seen outside. `own`: it is on what only Caisson has,
    and does the honest thing as its control itself.

    `attempt` returns whether it was seen, or that of each way by a name. Each must be seen in the control; None: the host lacks what
    the way is on."""
    id: str
    title: str
    seen: str
    attempt: object
    own: bool = False


def attackers(word):
    """The attacker's processes, without the sandbox's own, whose command lines have its words, too."""
    return [pid for pid in having(word) if words_of(pid)[:1] and words_of(pid)[0].endswith("/probe")]


def words_of(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
        return file.read().split("\0")
    return []


def running(program):
    """Whether a process executes this file."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.path.samefile(f"/proc/{pid}/exe", program):
                return True
    return False


def parent(pid):
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])
    return 0


def name(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip()
    return ""


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


ATTACKS = []


def attack(id, title, seen, own=False):
    def add(function):
        ATTACKS.append(Attack(id, title, seen, function, own))
        return function
    return add
