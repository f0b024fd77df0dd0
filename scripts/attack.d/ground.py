"""What every attack stands on: directories and canaries, how the attacker is started, and how an attack is written down."""
import contextlib
import glob
import os
import secrets
import shutil
import signal
import subprocess
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
        if chosen.columns and os.geteuid() == 0:
            # `hardened` takes no workspace of root's.
            os.chown(self.workspace, 1000, 1000)
        self.probe = os.path.join(self.tools, "probe")
        shutil.copy(chosen.probe, self.probe)
        for policy in glob.glob(os.path.join(chosen.policies, "*.toml")):
            shutil.copy(policy, self.policies)
        shutil.copy("/etc/ld.so.cache", self.settings)
        for name, text in [("passwd", "task:x:1000:1000::/:/bin/sh\n"), ("group", "task:x:1000:\n")]:
            with open(os.path.join(self.settings, name), "w", encoding="utf-8") as file:
                file.write(text)

    def variables(self, more=None):
        return {"PATH": "/usr/bin:/bin", "HOME": self.root, "CAISSON_POLICIES": self.policies, **(more or {})}

    def line(self, system, word, *attempt):
        """The command line under which the attacker says a word before it tries something."""
        return [*system.prefix, self.probe, "attempt", word, *map(str, attempt)]

    def run(self, system, *attempt, timeout=40, environment=None, **more):
        """What the attacker prints in a sandbox, from its beginning to its end."""
        word = secrets.token_hex(8)
        # Into files: what gets out keeps a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            settings = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err, "cwd": self.workspace, **more}
            child = subprocess.Popen(self.line(system, word, *attempt), env=self.variables(environment), **settings)
            try:
                child.wait(timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            for file in (out, err):
                file.seek(0)
            said, words = out.read(), err.read().decode(errors="replace").strip()
        if word.encode() not in said:
            raise NotRun((words.splitlines() or ["it prints nothing"])[-1][:160])
        return said.partition(word.encode())[2]

    def fresh(self):
        """An empty workspace."""
        for name in os.listdir(self.workspace):
            path = os.path.join(self.workspace, name)
            # A sandbox that has just been ended takes its own names back meanwhile.
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def having(marker):
    """Processes of the host with a word in their command line, this one apart."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if marker.encode() in file.read().split(b"\0") and int(pid) != os.getpid():
                found.append(int(pid))
    return found


def end(marker):
    for pid in having(marker):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@dataclass
class Attack:
    """One way out: its class in the list of attacks, what is tried, and when it was seen outside. `own`: it is on what only Caisson has,
    and does the honest thing as its control itself."""
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
