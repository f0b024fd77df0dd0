"""The sandboxes that are attacked, each with the strictest settings under which a program in /usr and a workspace still work."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench.d"))

import sandboxes  # noqa: E402

# What every policy for attacks adds to a shipped one: the attacker's program, and its place.
ATTACKER = """
schema = 1
name = "attack-{base}"
description = "{base} with the attacker's program"
extends = ["{base}"]
[commands]
{allow}
[files]
read = ["{tools}"]
protect = ["{{workspace}}/.git/hooks", "{{workspace}}/.mcp.json"]
[limits]
processes = 16
wall = "20 s"
[[relax]]
key = "files.read"
reason = "the attacker's program lies there"
"""
ALLOW = """allow = ["{probe}"]
[[relax]]
key = "commands.allow"
reason = "the attacker has its own program"
"""


class NotRun(Exception):
    """The attacker did not even begin: nothing can be said of what held it."""


class System:
    """A sandbox, or none; `run` starts the attacker in it."""

    def __init__(self, title, prefix, missing=None, settings=""):
        self.title, self.prefix, self.missing, self.settings = title, prefix, missing, settings


def caisson(base, place):
    """A shipped policy. It is compiled here: what can't be used on this host says so in its column."""
    path = os.path.join(place.policies, f"attack-{base}.toml")
    allow = "" if base == "open" else ALLOW.format(probe=place.probe)
    text = ATTACKER.format(base=base, tools=place.tools, allow="")
    # A table can't be opened twice.
    if allow:
        first, relax = allow.split("[[relax]]")
        text = text.replace("[commands]\n", "[commands]\n" + first) + "[[relax]]" + relax
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)
    program = os.path.join(place.release, "caisson")
    prefix = [program, "run", "--state", place.state, "--policy", path, "--workspace", place.workspace, "--"]
    done = subprocess.run([*prefix, place.probe, "exit", "0"], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": place.root, "CAISSON_POLICIES": place.policies})
    missing = None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it does not start"])[0][:200]
    return System(f"caisson {base}", prefix, missing, f"policy {base}")


def bubblewrap(program, place):
    row = sandboxes.bubblewrap(program, place, "bubblewrap")
    if row.missing:
        return System("bubblewrap", [], row.missing)
    prefix = row.prefix[:-1] + ["--ro-bind", place.tools, place.tools, "--"]
    return System("bubblewrap", prefix, settings="every namespace, no capability, a new session, no seccomp filter of its own")


def nsjail(program, place):
    row = sandboxes.nsjail(program, place)
    if row.missing:
        return System("nsjail", [], row.missing)
    prefix = row.prefix[:-1] + ["--bindmount_ro", f"{place.tools}:{place.tools}", "--rlimit_nproc", "64", "--time_limit", "20", "--"]
    return System("nsjail", prefix, settings="every namespace, no capability, limits, no filter of its own")


def firejail(program, place):
    row = sandboxes.firejail(program, place)
    if row.missing:
        return System("firejail", [], row.missing)
    prefix = row.prefix[:-1] + ["--seccomp", "--rlimit-nproc=64", "--timeout=00:00:20", f"--whitelist={place.workspace}", f"--whitelist={place.tools}", "--"]
    return System("firejail", prefix, settings="no profile, its default filter, private /tmp, /dev and /etc, no network")


def sandlock(python, place):
    if not python:
        return System("sandlock", [], "not installed")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sandlock_run.py")
    return System("sandlock", [python, script, place.workspace, place.tools], settings="reads /usr, writes the workspace, no network")


def all_of_them(options, place):
    found = [System("no sandbox", [], settings="the control: what works here is an attack")]
    found += [caisson(base, place) for base in ["default", "build", "open", "hardened"]]
    found += [bubblewrap(sandboxes.first(options.bubblewrap, "bwrap"), place), nsjail(sandboxes.first(options.nsjail, "nsjail"), place),
              firejail(sandboxes.first("firejail"), place), sandlock(options.sandlock, place)]
    for system in found:
        if system.prefix and not system.missing:
            try:
                place.run(system, "exit", "0")
            except NotRun as reason:
                system.missing = f"does not run here: {reason}"
    return found
