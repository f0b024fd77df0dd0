"""The built programs, driven from outside as a user does."""
import fcntl
import hashlib
import json
import os
import pty
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path

import host

RELAXATIONS = {
    "files.root_workspace": "the tests run as root, too",
    "require.degrade.cgroup": "the tests run where no controller is delegated",
    "require.degrade.groups": "the tests run as users with groups",
}


PATH = ("/usr/local/bin", "/usr/bin", "/bin")


@dataclass
class Finished:
    """A command that ended."""
    code: int
    out: bytes
    err: bytes

    @property
    def text(self):
        return self.out.decode(errors="replace")

    @property
    def words(self):
        return self.err.decode(errors="replace")

    @property
    def results(self):
        """The lines `NAME RESULT` of the probe."""
        return dict(line.rsplit(" ", 1) for line in self.text.splitlines() if " " in line)

    @property
    def view(self):
        """The task view, last line on standard error under --json."""
        return json.loads(self.err.decode().splitlines()[-1])

    def ok(self):
        assert self.code == 0, f"exit code {self.code}\n{self.text[-2000:]}\n{self.words[-2000:]}"
        return self


@dataclass
class Task:
    """A task by its id."""
    caisson: "Caisson"
    id: str

    def inspect(self):
        return json.loads(self.caisson.call("inspect", self.id, "--json").ok().out)

    @property
    def pid(self):
        """The main process, as the host numbers it."""
        return host.until(lambda: self.inspect().get("pid"))

    def logs(self, *options):
        return self.caisson.call("logs", self.id, *options).ok().out

    def says(self, text, seconds=20):
        """Waits until the task has printed something."""
        data = text.encode()
        assert host.until(lambda: data in self.logs(), seconds), f"no {text!r} in {self.logs()[-2000:]!r}"
        return self

    def wait(self, timeout="30s"):
        return self.caisson.call("wait", self.id, "--timeout", timeout)

    def stop(self, *options):
        return self.caisson.call("stop", self.id, *options)


class Caisson:
    """The programs with a state directory, policies and a workspace of the test's own."""

    def __init__(self, programs, base, state, workspace, tools):
        self.programs = Path(programs)
        self.base, self.state, self.workspace, self.tools = base, state, workspace, tools
        self.policies, self.shared = base / "policies", base.parent / "policies"
        for place in (self.policies, self.shared):
            place.mkdir(mode=0o755, exist_ok=True)
        self.probe = str(tools / "probe")
        self.children = []
        self.prefix = []

    # --- policies

    def policy(self, name, *, commands="", rules="", files="", read=(), relax=None, degrade=("cgroup", "groups"), own=False,
               **tables):
        """Writes a policy that allows the probe unless `commands` says something else; its path.

        The same text is the same file in every test, so that it is compiled once; `own`: a file that a test may change."""
        reasons = dict(RELAXATIONS) if relax is None else relax
        text = [
            f'schema = 1\nname = "{name}"\ndescription = "A policy of the tests"',
            f"[commands]\npath = {json.dumps([str(self.tools), *PATH])}\n{commands or self.allow('probe')}", rules,
            f'[files]\nread = {json.dumps([str(place) for place in (self.tools, *read)])}\nroot_workspace = true\n{files}',
            f"[require]\ndegrade = {json.dumps(list(degrade))}",
        ]
        text += [f"[{table}]\n{content}" for table, content in tables.items()]
        text += [f'[[relax]]\nkey = "{key}"\nreason = "{why}"' for key, why in reasons.items()]
        content = "\n".join(text) + "\n"
        path = (self.policies if own else self.shared) / f"{name}{'' if own else '-' + digest(content)}.toml"
        if own or not path.exists():
            path.write_text(content)
            path.chmod(0o644)
        return str(path)

    @staticmethod
    def allow(*programs):
        return f"allow = {json.dumps([str(program) for program in programs])}"

    # --- commands

    @property
    def variables(self):
        """A bare environment: what the tests start with has nothing to do with the tests."""
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.base),
            "CAISSON_STATE": str(self.state), "LANG": "C.UTF-8",
        }

    @property
    def program(self):
        return str(self.programs / "caisson")

    def popen(self, *words, env=None, **options):
        """Starts `caisson WORDS`; it is killed at the end of the test if it still runs."""
        child = subprocess.Popen(
            [*self.prefix, self.program, *map(str, words)], env=self.variables | (env or {}),
            **({"cwd": self.base, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options))
        self.children.append(child)
        return child

    def on_terminal(self, *words):
        """Starts `caisson WORDS` with a terminal of its own; the child and the terminal's other side."""
        ours, theirs = pty.openpty()
        try:
            child = self.popen(
                *words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        return child, ours

    def call(self, *words, input=None, timeout=60, **options):
        """Runs `caisson WORDS` to its end."""
        if input is not None:
            options["stdin"] = subprocess.PIPE
        child = self.popen(*words, **options)
        try:
            out, err = child.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            raise AssertionError(f"caisson {words} did not end: {out[-2000:]!r} {err[-2000:]!r}") from None
        return Finished(child.returncode, out or b"", err or b"")

    def line(self, argv, policy, workspace, options):
        words = ["run", *options, "--policy", policy]
        if workspace is not None:
            words += ["--workspace", workspace]
        return [*words, "--", *argv]

    def run(self, *argv, policy, workspace="own", options=(), **more):
        """`caisson run` in the foreground, to its end."""
        return self.call(*self.line(argv, policy, self.workspace if workspace == "own" else workspace, options), **more)

    def start(self, *argv, policy, workspace="own", options=(), **more):
        """`caisson run` in the foreground, left running."""
        return self.popen(*self.line(argv, policy, self.workspace if workspace == "own" else workspace, options), **more)

    def detach(self, *argv, policy, options=(), **more):
        """`caisson run --detach`."""
        ended = self.run(*argv, policy=policy, options=("--detach", *options), **more).ok()
        return Task(self, ended.text.strip())

    def outside(self, *words, input=None, **options):
        """The probe without a sandbox: the control of an experiment."""
        done = subprocess.run([self.probe, *map(str, words)], input=input, capture_output=True, timeout=60, **options)
        return Finished(done.returncode, done.stdout, done.stderr)

    # --- tasks

    @property
    def ids(self):
        """The tasks that the state directory has."""
        tasks = self.state / "tasks"
        return sorted(name for name in os.listdir(tasks) if not name.startswith(".")) if tasks.is_dir() else []

    def newest(self, before):
        """The task that has come since `ids` was `before`."""
        new = host.until(lambda: set(self.ids) - set(before))
        assert len(new) == 1, new
        return Task(self, new.pop())

    def running(self):
        return [id for id in self.ids if not (self.state / "tasks" / id / "end").exists()]

    def clean(self):
        """Ends whatever this test left, and tells what of it a test should not have left."""
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream:
                    stream.close()
        ids = self.ids
        for id in self.running():
            subprocess.run([self.program, "stop", "--grace", "0s", id], env=self.variables, capture_output=True, timeout=30)
        left = host.until(lambda: not self.airlocks(ids), 5) or f"airlocks {self.airlocks(ids)}"
        mounted = [place for place, *_ in host.mounts() if place.startswith(str(self.base))]
        return [] if left is True and not mounted else [left, mounted]

    @staticmethod
    def are_gone(ids):
        """Whether monitors and inits of tasks go away: a monitor tells of the end before it is on disk."""
        return host.until(lambda: not Caisson.airlocks(ids), 5)

    @staticmethod
    def airlocks(ids):
        """Monitors and inits of tasks; both are named after the task."""
        wanted = {id.encode() for id in ids}
        return [pid for pid in host.processes() if wanted & set(command_line_words(pid))]


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def command_line_words(pid):
    words = host.command_line(pid).split(b"\0")
    return words[1:2] if words[:1] == [b"caisson-airlock"] else []
