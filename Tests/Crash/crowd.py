"""Tasks whose output follows from their arguments, and what can happen to them and around them."""
import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import host
from caisson import Caisson, command_line_words
from server import call, greeting


def lines(count, stream=None):
    """What `probe lines COUNT` prints: all of it, or that of one stream."""
    text = []
    for number in range(count):
        if stream is None or (stream == "stderr") == (number % 3 == 2):
            text.append(b"%08d %s\n" % (number, b"0" * (1 + number * 7919 % 200)))
    return b"".join(text)


@dataclass
class Member:
    """A task that was asked for. Nobody may have got its id: `word` is among its arguments."""
    word: str
    count: int
    way: str
    front: subprocess.Popen
    output: Path
    harmed: set = field(default_factory=set)

    @property
    def words(self):
        """What the front end said, and the server's answers."""
        return Path(f"{self.output}.err").read_text() + (self.output.read_text() if self.way == "mcp" else "")


class Crowd:
    """What one round starts in a state directory."""

    def __init__(self, caisson, policy, dice, name):
        self.caisson, self.policy, self.dice, self.name = caisson, policy, dice, name
        self.members = []

    # --- begin

    def start(self):
        """One more task, by a front end of its own: in the foreground, detached, or over MCP."""
        word, count = f"{self.name}-{len(self.members)}", self.dice.choice([0, 1, 20, 150, 400])
        argv = ["probe", "lines", count, self.dice.choice([0, 0, 50, 300]), word]
        way = self.dice.choice(["foreground", "foreground", "detached", "mcp"])
        output = self.caisson.base / word
        with open(output, "wb") as file, open(f"{output}.err", "wb") as said:
            front = self.over_mcp(argv, file, said) if way == "mcp" else self.by_command(argv, way, file, said)
        self.members.append(Member(word, count, way, front, output))

    def by_command(self, argv, way, file, said):
        options = ["--detach"] if way == "detached" else []
        return self.caisson.start(*argv, policy=self.policy, options=options, stdout=file, stderr=said)

    def over_mcp(self, argv, file, said):
        """A server that is asked and stays, until something kills it or the round is over."""
        words = ["mcp", "--policy", self.policy, "--workspace", self.caisson.workspace]
        server = self.caisson.popen(*words, stdin=subprocess.PIPE, stdout=file, stderr=said)
        server.stdin.write(greeting() + call(2, "execute_command", argv=[str(word) for word in argv], wait=False))
        server.stdin.flush()
        return server

    # --- harm

    def kill_front(self):
        member = self.dice.choice(self.members)
        if member.front.poll() is None:
            member.front.kill()
            member.harmed.add("front")

    def kill_airlock(self):
        """A monitor, an init or a task side that is still one, as it comes."""
        airlocks = [(pid, words[0].decode()) for pid in host.processes() if (words := command_line_words(pid))]
        ids = set(self.caisson.ids)
        airlocks = [(pid, id) for pid, id in airlocks if id in ids]
        if not airlocks:
            return
        pid, id = self.dice.choice(airlocks)
        try:
            os.kill(pid, signal.SIGKILL)
            self.harmed_ids.add(id)
        except ProcessLookupError:
            pass

    def harm_ledger(self):
        """Removed, cut off or overwritten, with or without what SQLite has beside it."""
        place = self.caisson.state / "ledger.sqlite"
        for path in [place, Path(f"{place}-wal"), Path(f"{place}-shm")]:
            # Whoever cuts off what a program has mapped kills it (SIGBUS); SQLite maps this one.
            how = self.dice.choice(["leave", "remove", "overwrite"] + ["cut"] * (path.suffix != ".sqlite-shm"))
            try:
                if how == "remove":
                    path.unlink()
                elif how != "leave":
                    with open(path, "r+b") as file:
                        size = file.seek(0, os.SEEK_END)
                        if how == "cut":
                            file.truncate(self.dice.randint(0, size))
                        elif size:
                            file.seek(self.dice.randrange(size))
                            file.write(self.dice.randbytes(200))
            except FileNotFoundError:
                pass

    def harm(self):
        return self.dice.choice([self.kill_front, self.kill_front, self.kill_airlock, self.kill_airlock, self.harm_ledger])()

    harmed_ids: set

    # --- afterwards

    def settle(self):
        """Ends the servers and waits for every front end and every task."""
        for member in self.members:
            if member.way == "mcp":
                member.front.stdin.close()
            member.front.wait(timeout=60)
        assert host.until(lambda: not Caisson.airlocks(self.caisson.ids), 30), self.still_there()

    def still_there(self):
        """What keeps the airlocks that do not end, for the report of a failure."""
        found = [f"killed: {self.harmed_ids}"]
        for pid in Caisson.airlocks(self.caisson.ids):
            status = host.status(pid)
            found.append(f"{pid} {host.command_line(pid)} {[status[name] for name in ('PPid', 'State', 'SigPnd', 'ShdPnd')]} "
                         f"{host.read(f'/proc/{pid}/wchan')} {host.descriptors(pid)}")
        return "\n".join(found)

    def listed(self):
        """What `ps` says of the tasks of this round, by their word."""
        told = self.caisson.call("ps", "--all", "--json").ok().text.splitlines()
        views = [json.loads(line) for line in told]
        return {view["argv"][-1]: view for view in views if view.get("argv") and view["argv"][-1].startswith(self.name + "-")}
