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
description = "{base} with the attacker's programs"
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
reason = "the attacker's programs lie there"
"""
ALLOW = """allow = ["{probe}", "{other}"]
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

    `limited`: the same with low limits; `busy`: with one of processor time alone. `gate`: with a list of commands, where there is one.
    `owner`: of the workspace, where root attacks. `policy`, `program`, `base`: Caisson's."""

    def __init__(self, title, prefix, missing=None, settings="", limited=None, busy=None, gate=None, no_gate="has no list"):
        self.title, self.prefix, self.missing, self.settings = title, prefix, missing, settings
        self.limited, self.busy, self.gate, self.no_gate = limited, busy, gate, no_gate
        self.owner = 0
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
FEW = 'wall = "3 s"\nmemory = "256 MiB"\nfile_size = "4 MiB"\noutput = "4 MiB"'
# So much time that it ends nothing that uses processor time for some seconds, on a slow machine either.
LONG = 'wall = "60 s"'
BUSY = LONG + '\ncpu_time = "1 s"\ngrace = "1 s"'
# What is to be known of Caisson's columns.
ADDED = ("added to each of Caisson's policies for the attacks: their programs on the list, and the directory of those to read; `.git/hooks` and "
         "`.mcp.json` protected by name; `processes` 16, `wall` 60 s. Instead of that, for class B: the programs that start others on the list, "
         "`wall` 20 s; for I1, I3, I6, I7 and I8: `wall` 3 s, `memory` 256 MiB, `file_size` and `output` 4 MiB; for I5: `cpu_time` and `grace` 1 s")
# The ways of B8, each of which a policy may open.
FROM_WORKSPACE, FROM_MEMORY = "from the workspace", "from memory"


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def attack_policy(base, place, name, limits):
    """A shipped policy with the attacker's program."""
    allow = "" if base == "open" else ALLOW.format(probe=place.probe, other=place.other)
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
    policy = attack_policy(base, place, base, LONG)
    few, busy = attack_policy(base, place, f"{base}-few", FEW), attack_policy(base, place, f"{base}-busy", BUSY)
    found = System(f"caisson {base}", prefix(policy), settings=f"policy {base}", limited=prefix(few), busy=prefix(busy))
    # It takes no workspace of root's.
    found.owner = 1000 if base == "hardened" else 0
    found.policy, found.program, found.base = policy, program, base
    if base == "open":
        found.no_gate = "opened by `commands.allow_all`"
    else:
        wrappers = [name for name in gate.WRAPPERS if shutil.which(name, path="/usr/bin:/bin")]
        found.gate_policy = write(os.path.join(place.policies, f"gate-{base}.toml"), GATE.format(base=base, wrappers=json.dumps(wrappers)))
        found.gate = prefix(found.gate_policy)
    place.fresh(found)
    attacker = [place.probe, "exit", "0"]
    for line, argv in [(found.prefix, attacker), (found.limited, attacker), (found.busy, attacker)] + (
            [(found.gate, ["cat", "/dev/null"])] if found.gate else []):
        done = subprocess.run([*line, *argv], capture_output=True, text=True, check=False, env=place.variables(), cwd=place.workspace)
        if done.returncode != 0:
            found.missing = (done.stderr.strip().splitlines() or ["it does not start"])[0].replace(place.workspace, "WORKSPACE").replace(place.root, "PLACE")[:200]
            break
    return found


def bubblewrap(program, place):
    row = sandboxes.bubblewrap(program, place, "bubblewrap")
    if row.missing:
        return System("bubblewrap", [], row.missing)
    prefix = row.prefix[:-1] + ["--ro-bind", place.tools, place.tools, "--"]
    return System("bubblewrap", prefix, limited=prefix, busy=prefix,
                  settings="every namespace, no capability, a new session, no seccomp filter and no limits of its own")


def nsjail(program, place):
    row = sandboxes.nsjail(program, place)
    if row.missing:
        return System("nsjail", [], row.missing)
    view = row.prefix[:-1] + ["--bindmount_ro", f"{place.tools}:{place.tools}"]

    def limits(processes, seconds, *more):
        return [*view, "--rlimit_nproc", str(processes), "--time_limit", str(seconds), *more, "--"]
    return System("nsjail", limits(64, 60), limited=limits(16, 3, "--rlimit_as", "256", "--rlimit_fsize", "4"),
                  busy=limits(64, 60, "--rlimit_cpu", "1"), settings="every namespace, no capability, limits, no filter of its own")


def firejail(program, place):
    row = sandboxes.firejail(program, place)
    if row.missing:
        return System("firejail", [], row.missing)
    view = row.prefix[:-1] + ["--seccomp", f"--whitelist={place.workspace}", f"--whitelist={place.tools}", f"--read-write={place.workspace}"]

    def limits(processes, seconds, *more):
        return [*view, f"--rlimit-nproc={processes}", f"--timeout=00:{seconds // 60:02}:{seconds % 60:02}", *more, "--"]
    return System("firejail", limits(64, 60), limited=limits(16, 3, "--rlimit-as=268435456", "--rlimit-fsize=4194304"),
                  busy=limits(64, 60, "--rlimit-cpu=1"),
                  settings="no profile, its default filter, private /tmp, /dev and /etc, no network, the workspace writable")


def sandlock(python, place):
    if not python:
        return System("sandlock", [], "not installed")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sandlock_run.py")
    prefix = [python, script, place.workspace, place.tools]
    # It has no limit of processor time.
    return System("sandlock", prefix, limited=[*prefix, "--few"], busy=prefix, settings="reads /usr, writes the workspace, no network")


PEERS = {
    "bubblewrap": lambda options, place: bubblewrap(sandboxes.first(options.bubblewrap, "bwrap"), place),
    "nsjail": lambda options, place: nsjail(sandboxes.first(options.nsjail, "nsjail"), place),
    "firejail": lambda options, place: firejail(sandboxes.first("firejail"), place),
    "sandlock": lambda options, place: sandlock(options.sandlock, place),
}


def all_of_them(options, place):
    names = options.columns.split(",") if options.columns else ["default", "build", "open", "hardened", *PEERS]
    found = [System("no sandbox", [], settings="the control: what works here is an attack", gate=[], limited=[], busy=[])]
    found += [PEERS[name](options, place) if name in PEERS else caisson(name, place) for name in names]
    for system in found:
        system.missing = system.missing or why_missing(system, place)
    return found


def why_missing(system, place):
    """What does not run here, or writes nothing in the workspace, would be held everywhere."""
    place.fresh(system)
    first = os.path.join(place.workspace, "first")
    try:
        said = place.run(system, "touch", "w", first)
    except NotRun as reason:
        return f"does not run here: {reason}".replace(place.workspace, "WORKSPACE").replace(place.root, "PLACE")
    if not os.path.exists(first):
        return f"can't write its workspace here: {said.decode(errors='replace').rpartition(' ')[2].strip()}"
    return None
