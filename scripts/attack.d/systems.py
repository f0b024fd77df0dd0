"""The sandboxes that are attacked, each with the strictest settings under which a program in /usr and a workspace still work."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench.d"))

import sandboxes  # noqa: E402

# Of the attacks of class I, each of which takes more. Bytes.
LIMITS = {"memory": 256 << 20, "processes": 16, "file": 4 << 20, "output": 4 << 20}
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
{limits}
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


class NotApplicable(Exception):
    """There is nothing of the sort in this sandbox; the reason is what stands in the cell."""


class System:
    """A sandbox, or none: what stands before the attacker's command line.

    `limited`: the same with low limits. `gate`: with a list of commands, where there is one. `policy`, `program`, `base`: Caisson's."""

    def __init__(self, title, prefix, missing=None, settings="", limited=None, gate=None, no_gate="has no list"):
        self.title, self.prefix, self.missing, self.settings = title, prefix, missing, settings
        self.limited, self.gate, self.no_gate = limited, gate, no_gate
        self.policy = self.program = self.base = self.gate_policy = None


GATE = """
schema = 1
name = "gate-{base}"
description = "{base} with programs that start others"
extends = ["{base}"]
[commands]
allow = {wrappers}
[limits]
wall = "20 s"
[[relax]]
key = "commands.allow"
reason = "the attacks are on what these may start"
"""
FEW = 'wall = "3 s"\nmemory = "256 MiB"\ncpu_time = "1 s"\nfile_size = "4 MiB"\noutput = "4 MiB"'


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def attack_policy(base, place, name, limits):
    """A shipped policy with the attacker's program."""
    allow = "" if base == "open" else ALLOW.format(probe=place.probe)
    text = ATTACKER.format(base=name, tools=place.tools, limits=limits, allow="").replace(f'extends = ["{name}"]', f'extends = ["{base}"]')
    # A table can't be opened twice.
    if allow:
        first, relax = allow.split("[[relax]]")
        text = text.replace("[commands]\n", "[commands]\n" + first) + "[[relax]]" + relax
    return write(os.path.join(place.policies, f"attack-{name}.toml"), text)


def caisson(base, place):
    """A shipped policy. It is compiled here: what can't be used on this host says so in its column."""
    import gate  # pylint: disable=import-outside-toplevel
    program = os.path.join(place.release, "caisson")

    def prefix(policy):
        return [program, "run", "--state", place.state, "--policy", policy, "--workspace", place.workspace, "--"]
    policy = attack_policy(base, place, base, 'wall = "20 s"')
    few = attack_policy(base, place, f"{base}-few", FEW)
    found = System(f"caisson {base}", prefix(policy), settings=f"policy {base}", limited=prefix(few))
    found.policy, found.program, found.base = policy, program, base
    if base == "open":
        found.no_gate = "opened by `commands.allow_all`"
    else:
        wrappers = [name for name in gate.WRAPPERS if shutil.which(name, path="/usr/bin:/bin")]
        found.gate_policy = write(os.path.join(place.policies, f"gate-{base}.toml"), GATE.format(base=base, wrappers=json.dumps(wrappers)))
        found.gate = prefix(found.gate_policy)
    for line, argv in [(found.prefix, [place.probe, "exit", "0"]), (found.limited, [place.probe, "exit", "0"])] + (
            [(found.gate, ["cat", "/dev/null"])] if found.gate else []):
        done = subprocess.run([*line, *argv], capture_output=True, text=True, check=False, env=place.variables(), cwd=place.workspace)
        if done.returncode != 0:
            found.missing = (done.stderr.strip().splitlines() or ["it does not start"])[0][:200]
            break
    return found


def bubblewrap(program, place):
    row = sandboxes.bubblewrap(program, place, "bubblewrap")
    if row.missing:
        return System("bubblewrap", [], row.missing)
    prefix = row.prefix[:-1] + ["--ro-bind", place.tools, place.tools, "--"]
    return System("bubblewrap", prefix, limited=prefix, settings="every namespace, no capability, a new session, no seccomp filter and no limits of its own")


def nsjail(program, place):
    row = sandboxes.nsjail(program, place)
    if row.missing:
        return System("nsjail", [], row.missing)
    prefix = row.prefix[:-1] + ["--bindmount_ro", f"{place.tools}:{place.tools}", "--rlimit_nproc", "64", "--time_limit", "20", "--"]
    limited = [*prefix[:-5], "--rlimit_nproc", "16", "--time_limit", "3", "--rlimit_as", "256", "--rlimit_cpu", "1", "--rlimit_fsize", "4", "--"]
    return System("nsjail", prefix, limited=limited, settings="every namespace, no capability, limits, no filter of its own")


def firejail(program, place):
    row = sandboxes.firejail(program, place)
    if row.missing:
        return System("firejail", [], row.missing)
    prefix = row.prefix[:-1] + ["--seccomp", "--rlimit-nproc=64", "--timeout=00:00:20", f"--whitelist={place.workspace}", f"--whitelist={place.tools}", "--"]
    limited = [each for each in prefix[:-1] if not each.startswith(("--rlimit", "--timeout"))] + [
        "--rlimit-nproc=16", "--timeout=00:00:03", "--rlimit-as=268435456", "--rlimit-cpu=1", "--rlimit-fsize=4194304", "--"]
    return System("firejail", prefix, limited=limited, settings="no profile, its default filter, private /tmp, /dev and /etc, no network")


def sandlock(python, place):
    if not python:
        return System("sandlock", [], "not installed")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sandlock_run.py")
    prefix = [python, script, place.workspace, place.tools]
    return System("sandlock", prefix, limited=[python, script, place.workspace, place.tools, "--few"], settings="reads /usr, writes the workspace, no network")


def all_of_them(options, place):
    found = [System("no sandbox", [], settings="the control: what works here is an attack", gate=[], limited=[])]
    policies = options.columns.split(",") if options.columns else ["default", "build", "open", "hardened"]
    found += [caisson(base, place) for base in policies]
    if not options.columns:
        found += [bubblewrap(sandboxes.first(options.bubblewrap, "bwrap"), place), nsjail(sandboxes.first(options.nsjail, "nsjail"), place),
                  firejail(sandboxes.first("firejail"), place), sandlock(options.sandlock, place)]
    for system in found:
        if system.prefix and not system.missing:
            try:
                place.run(system, "exit", "0")
            except NotRun as reason:
                system.missing = f"does not run here: {reason}"
    return found
