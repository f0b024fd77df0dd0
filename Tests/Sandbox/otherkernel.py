"""Another kernel for the real programs: kernel/kernel.c answers chosen system calls itself, or changes what they are asked.

A test on it asserts that its rules were applied, or it would show nothing."""
import copy
import errno
import platform
import signal
import struct

import pytest

import host

needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="kernel/kernel.c changes registers of x86-64")

# Numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl).
NUMBERS = {
    "write": 1, "rt_sigprocmask": 14, "dup": 32, "dup2": 33, "clone": 56, "fcntl": 72, "chdir": 80, "getgroups": 115, "setsid": 112,
    "setgroups": 116, "setresuid": 117, "setresgid": 119, "capget": 125, "capset": 126, "pivot_root": 155, "prctl": 157,
    "umount2": 166, "sethostname": 170, "unshare": 272, "setns": 308, "keyctl": 250, "prlimit64": 302, "seccomp": 317, "execveat": 322, "pidfd_open": 434,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "clone3": 435, "close_range": 436,
    "openat": 257, "exit_group": 231, "openat2": 437, "mount_setattr": 442, "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446,
}
NAMES = {number: name for name, number in NUMBERS.items()}


def rule(call=None, who=None, nth=None, where=(), **words):
    """One rule. `where`: values of arguments by their place, or the text that one points to (`starts`: begins with); `poke`: 64 bits by (argument, offset); `change`: arguments by
    place, or from others (`copies`); `fails`: the name of an errno."""
    parts = []
    if who:
        parts.append(f"who={who}")
    if call:
        parts.append(f"nr={NUMBERS[call]}")
    text = "start" if words.get("starts") else "text"
    parts += [f"{text}{place}={value}" if isinstance(value, str) else f"if{place}={value:#x}" for place, value in dict(where).items()]
    if nth:
        parts.append(f"nth={nth}")
    if "fails" in words:
        words["returns"] = -getattr(errno, words.pop("fails"))
    if "to" in words:
        parts.append(f"to={NUMBERS[words['to']]}")
    if "returns" in words:
        parts.append(f"return={words['returns']}")
    parts += [f"copy{place}={other}" for place, other in words.get("copies", {}).items()]
    parts += [f"set{place}={value:#x}" for place, value in words.get("change", {}).items()]
    parts += [f"poke{place}+{offset}={value:#x}" for (place, offset), value in words.get("poke", {}).items()]
    return ",".join(parts)


def word(text):
    """Eight letters as the 64 bits of a little-endian processor."""
    assert len(text) == 8
    return struct.unpack("<Q", text.encode())[0]


class Calls:
    """What the log of a kernel tells."""

    def __init__(self, path):
        self.path = path

    def __iter__(self):
        for line in self.lines:
            who, number, *arguments = line.split()
            if who == "=":
                continue
            yield who, NAMES.get(int(number), number), [int(argument, 16) for argument in arguments]

    @property
    def lines(self):
        return self.path.read_text().splitlines() if self.path.exists() else []

    @property
    def answers(self):
        """What the calls answered: the name of an errno, or a number."""
        numbers = [int(line.removeprefix("= ")) for line in self.lines if line.startswith("= ")]
        return [errno.errorcode.get(-number, number) if number < 0 else number for number in numbers]

    def __len__(self):
        return sum(1 for _ in self)


def on(caisson, *rules):
    """The same programs on a kernel with these rules, and the calls that they were applied to."""
    log = caisson.base / "calls"
    log.unlink(missing_ok=True)
    other = copy.copy(caisson)
    other.prefix = [str(caisson.tools / "kernel"), f"log={log}", *rules, "--"]
    return other, Calls(log)


def end(child):
    """Ends a kernel with everything that runs on it."""
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert host.until(lambda: child.poll() is not None)
