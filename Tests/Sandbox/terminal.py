"""A person at a terminal: types, looks, changes the window's size, hangs up."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Person:
    """A program on a terminal of its own, and whoever sits there. `words` begins with the program."""

    def __init__(self, words, *, env, cwd, rows=30, columns=100):
        self.terminal, self.other = pty.openpty()
        self.seen = b""
        self.resize(rows, columns)
        self.child = subprocess.Popen(
            words, env=env, cwd=cwd, stdin=self.other, stdout=self.other, stderr=self.other, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.set_blocking(self.terminal, False)

    def type(self, data):
        data = data.encode() if isinstance(data, str) else data
        while data:
            select.select([], [self.terminal], [], 20)
            try:
                data = data[os.write(self.terminal, data):]
            except BlockingIOError:
                self.look(0.05)

    def line(self, text):
        self.type(text + "\r")

    def look(self, seconds=0):
        """Takes what is on the screen within a time."""
        deadline = time.monotonic() + seconds
        while select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            try:
                block = os.read(self.terminal, 65536)
            except OSError:
                return
            if not block:
                return
            self.seen += block

    def sees(self, pattern, seconds=20):
        """Waits until something is on the screen, and takes it and what was before it away; what it matched."""
        wanted = re.compile(pattern.encode() if isinstance(pattern, str) else pattern)
        deadline = time.monotonic() + seconds
        while not (found := wanted.search(self.seen)):
            assert time.monotonic() < deadline, f"no {pattern!r} in {self.seen[-3000:]!r}"
            self.look(0.05)
        self.seen = self.seen[found.end():]
        return found

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self):
        return termios.tcgetattr(self.other)

    def is_raw(self):
        return not self.settings()[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

    def hang_up(self):
        """Closes the window."""
        for name in ("terminal", "other"):
            if getattr(self, name) >= 0:
                os.close(getattr(self, name))
            setattr(self, name, -1)

    def leave(self):
        self.hang_up()
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()


def shell(caisson, **size):
    """A shell of the host, as a person has it, that says `host> ` when it waits. Every command line is printed back."""
    person = Person(
        ["bash", "--norc", "--noprofile", "--noediting", "-i"], cwd=caisson.base,
        env=caisson.variables | {"PS1": "host> ", "caisson": caisson.program, "TERM": "xterm"}, **size)
    person.sees("host> ")
    return person
