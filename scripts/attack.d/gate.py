"""Class B: ways past a list of commands. The forbidden program is truncate, which no shipped list has; its canary is a file of 7 bytes.

Where a policy refuses the command, or the kernel shows the task no such program, no canary is there, and that is all that is asked. The
other sandboxes have no list, and so nothing to get past."""
import json
import os
import secrets
import shutil
import subprocess

from ground import attack
from systems import NotApplicable, NotRun

FORBIDDEN = "/usr/bin/truncate"
SIZE = 7
# Programs that start others, which the policies of this class allow with any arguments.
WRAPPERS = ["env", "nice", "nohup", "timeout", "xargs", "find", "stdbuf", "setarch", "flock", "setsid", "taskset", "ionice", "script", "sh",
            "bash", "dash", "python3", "perl", "awk", "sed", "git", "tar", "sort", "make", "cat", "ls", "watch", "chrt", "unshare", "ld.so"]


class Canaries:
    """A file for each way, in the workspace, which every sandbox may write. Its name is new for every sandbox: what is left of the one
    before, where nothing ends it, may still be at work."""

    def __init__(self, place):
        self.place, self.word, self.count = place, secrets.token_hex(4), 0

    def path(self, number):
        return os.path.join(self.place.workspace, f"ran-{self.word}-{number}")

    def next(self):
        self.count += 1
        return self.path(self.count)

    def seen(self):
        paths = map(self.path, range(1, self.count + 1))
        return any(os.path.getsize(path) == SIZE for path in paths if os.path.isfile(path))


def payload(canary):
    return [FORBIDDEN, "-s", str(SIZE), canary]


def text(canary):
    return " ".join(payload(canary))


def tried(place, system, ways, **more):
    """Whether one of the command lines that `ways` makes for a canary leaves it there. Each is tried in the same workspace."""
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    begins(place, system)
    canaries = Canaries(place)
    for way in ways:
        argv = way(canaries.next())
        if shutil.which(argv[0]) or "/" in argv[0]:
            launch(place, [*system.gate, *argv], **more)
    return canaries.seen()


def begins(place, system):
    """The control inside: an allowed shell does run, and what it may do it does."""
    path = os.path.join(place.workspace, "began")
    launch(place, [*system.gate, "sh", "-c", f"echo x > {path}"])
    if not os.path.exists(path):
        raise NotRun("the control: the allowed shell does not run either")


def launch(place, argv, input=b"", environment=None):
    try:
        return subprocess.run(argv, input=input, env=place.variables(environment), cwd=place.workspace, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return None
    except OSError:
        # Without a sandbox, a command line that no kernel takes.
        return None


def strings(place, system, forms):
    """The same with strings, as a model sends them over MCP; without a sandbox a shell gets them, as in the server that this one comes from."""
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    canaries = Canaries(place)
    made = []
    for form in forms:
        words = payload(canaries.next())
        made.append(form.replace("RUN", " ".join(words)).replace("ARGUMENTS", " ".join(words[1:])))
    if not system.policy:
        for command in made:
            launch(place, ["bash", "-c", command])
    else:
        calls(place, system, [("execute_command", {"command": command, "timeout_ms": 5000}) for command in made])
    return canaries.seen()


def calls(place, system, wanted, options=(), environment=None):
    """Calls of tools over MCP, one after the other; what was answered."""
    words = [system.program, "mcp", "--state", place.state, "--policy", system.gate_policy, "--workspace", place.workspace, *options]
    answers = []
    with subprocess.Popen(words, env=place.variables(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "attack", "version": "1"}}
        for number, (method, params) in enumerate([("initialize", hello), *[
                ("tools/call", {"name": name, "arguments": arguments}) for name, arguments in wanted]], 1):
            server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
            server.stdin.flush()
            while (line := server.stdout.readline()) and json.loads(line).get("id") != number:
                pass
            if not line:
                raise NotRun("the server ended")
            answers.append(json.loads(line))
        server.stdin.close()
    return answers[1:]


@attack("B1", "shell syntax in a command string: ; && || & | and a line break", "the forbidden program's canary is there")
def metacharacters(place, system):
    return strings(place, system, ["ls; RUN", "ls && RUN", "nothing || RUN", "ls & RUN", "ls | RUN", "ls\nRUN", "ls;RUN;", "{ RUN; }"])


@attack("B2", "substitutions in a command string: $(), backticks, <() and >()", "the forbidden program's canary is there")
def substitutions(place, system):
    return strings(place, system, ["ls $(RUN)", "ls `RUN`", "cat <(RUN)", "ls > >(RUN)", 'ls "$(RUN)"', "ls ${x:-$(RUN)}"])


@attack("B3", "programs that start others: env, xargs, find -exec, timeout, the loader and their like", "the forbidden program's canary is there")
def wrappers(place, system):
    loaders = ["/lib64/ld-linux-x86-64.so.2", "/usr/bin/ld.so"]
    prefixes = [["env"], ["env", "-S"], ["nice"], ["nohup"], ["timeout", "9"], ["stdbuf", "-o0"], ["setarch", "-R"], ["setsid", "-w"],
                ["flock", "lock"], ["taskset", "1"], ["ionice", "-c3"], ["chrt", "-o", "0"], ["unshare", "-r"], *[[each] for each in loaders]]
    ways = [lambda canary, prefix=prefix: [*prefix, *payload(canary)] for prefix in prefixes]
    ways += [
        lambda canary: ["find", ".", "-maxdepth", "0", "-exec", *payload(canary), ";"],
        lambda canary: ["find", ".", "-maxdepth", "0", "-execdir", *payload(canary), "+"],
        lambda canary: ["script", "-qc", text(canary), "/dev/null"],
        lambda canary: ["xargs", "-a", "/dev/null", *payload(canary)],
    ]
    return tried(place, system, ways)


@attack("B4", "other spellings of the program in a command string: quotes, escapes, patterns", "the forbidden program's canary is there")
def spellings(place, system):
    spelled = ['/usr/bin/"trunc"ate', r"/usr/bin/\truncate", "/usr/bin/truncat[e]", "/usr/bin/t*ncate", "''/usr/bin/truncate", "$'/usr/bin/truncat\\x65'"]
    return strings(place, system, [f"{each} ARGUMENTS" for each in spelled])


@attack("B5", "other paths of the program: dots, and a link to it with an allowed name", "the forbidden program's canary is there")
def paths(place, system):
    links = os.path.join(place.workspace, "links")
    os.mkdir(links)
    os.symlink(FORBIDDEN, os.path.join(links, "ls"))
    names = ["/usr/../usr/bin/truncate", "/usr/bin/./truncate", "//usr//bin//truncate", "/proc/self/root/usr/bin/truncate", f"{links}/ls"]
    return tried(place, system, [lambda canary, name=name: [name, *payload(canary)[1:]] for name in names])


@attack("B6", "a program of the attacker's in front of the allowed one on PATH, and in the current directory", "it has run")
def path_variable(place, system):
    def way(canary):
        for name in ("ls", "cat"):
            with open(os.path.join(place.workspace, name), "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{text(canary)}\n")
            os.chmod(file.name, 0o755)
        return ["ls"] if system.policy else ["env", "ls"]
    return tried(place, system, [way, lambda canary: way(canary) and ["./cat"]], environment={"PATH": f"{place.workspace}:/usr/bin:/bin"})


@attack("B8i", "interpreters that are allowed: sh, python, perl, awk, sed, make", "the forbidden program's canary is there")
def interpreters(place, system):
    def makefile(canary):
        with open(os.path.join(place.workspace, "Makefile"), "w", encoding="utf-8") as file:
            file.write(f"all:\n\t{text(canary)}\n")
        return ["make", "-f", "Makefile"]
    return tried(place, system, [
        lambda canary: ["sh", "-c", text(canary)], lambda canary: ["bash", "-c", f"exec -a ls {text(canary)}"],
        lambda canary: ["dash", "-c", text(canary)],
        lambda canary: ["python3", "-c", f"import os; os.execv({FORBIDDEN!r}, {payload(canary)!r})"],
        lambda canary: ["python3", "-c", f"import os; os.execv('/lib64/ld-linux-x86-64.so.2', ['ld'] + {payload(canary)!r})"],
        lambda canary: ["perl", "-e", f"system({text(canary)!r})"],
        lambda canary: ["awk", f'BEGIN {{ system("{text(canary)}") }}'],
        lambda canary: ["sed", "-n", f"1e {text(canary)}", "/etc/passwd"], makefile])


@attack("B9", "git: settings, aliases and hooks that name a program", "the forbidden program's canary is there")
def git(place, system):
    if not shutil.which("git"):
        raise NotApplicable("git is not installed")
    subprocess.run(["git", "init", "-q", place.workspace], check=True, env=place.variables())
    hook = os.path.join(place.workspace, ".git/hooks/post-index-change")
    ways = [
        lambda canary: ["git", "-c", f"alias.x=!{text(canary)}", "x"],
        lambda canary: ["git", "-c", f"core.fsmonitor={text(canary)}; true", "status"],
        lambda canary: ["git", "-c", f"core.sshCommand={text(canary)} #", "ls-remote", "ssh://nowhere/x"],
        lambda canary: ["git", f"--config-env=alias.x=CANARY", "x"],
        lambda canary: ["git", "ls-remote", f"ext::{text(canary)}"],
        lambda canary: ["git", "-c", "protocol.ext.allow=always", "ls-remote", f"ext::{text(canary)}"],
    ]

    def hooked(canary):
        with open(hook, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text(canary)}\n")
        os.chmod(hook, 0o755)
        return ["git", "-c", "safe.directory=*", "add", "-A"]
    return tried(place, system, [*ways, hooked])


@attack("B10", "options that name a program: tar --checkpoint-action, -I, --to-command and their abbreviations (B11); sort --compress-program", "the forbidden program's canary is there")
def options(place, system):
    if not shutil.which("tar"):
        raise NotApplicable("tar is not installed")
    archive = os.path.join(place.workspace, "a.tar")
    subprocess.run(["tar", "-C", place.settings, "-cf", archive, "passwd"], check=True)

    def large(canary):
        with open(os.path.join(place.workspace, "lines"), "w", encoding="utf-8") as file:
            file.writelines(f"{number}\n" for number in range(40_000))
        script = os.path.join(place.workspace, "packer")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text(canary)}\ncat\n")
        os.chmod(script, 0o755)
        return ["sort", "-S", "20k", "-T", place.workspace, f"--compress-prog={script}", "lines"]
    return tried(place, system, [
        lambda canary: ["tar", "-xf", archive, "--checkpoint=1", f"--checkpoint-action=exec={text(canary)}"],
        lambda canary: ["tar", "-xf", archive, "--checkpoint=1", f"--checkpoint-act=exec={text(canary)}"],
        lambda canary: ["tar", "-xf", archive, f"--to-command={text(canary)}"],
        lambda canary: ["tar", "-xf", archive, f"--to-com={text(canary)}"],
        lambda canary: ["tar", "-cf", "b.tar", "-I", f"sh -c '{text(canary)}; cat'", "a.tar"],
        lambda canary: ["tar", "-cf", "b.tar", f"--use-comp=sh -c '{text(canary)}; cat'", "a.tar"], large])


@attack("B12", "a shell that is allowed changes PATH, a function and a loader's variable for the programs after it", "the attacker's program has run")
def poisoned(place, system):
    def way(canary):
        with open(os.path.join(place.workspace, "cat"), "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text(canary)}\n")
        os.chmod(file.name, 0o755)
        return ["bash", "-c", f"export PATH={place.workspace}:$PATH; hash -r; cat /dev/null; ls() {{ {text(canary)}; }}; export -f ls; bash -c ls"]
    return tried(place, system, [way])


@attack("B13", "commands on the standard input of an allowed interpreter", "the forbidden program's canary is there")
def by_input(place, system):
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    begins(place, system)
    canaries = Canaries(place)
    for interpreter, form in [("sh", "{}\n"), ("bash", "{}\n"), ("python3", "import os; os.system({!r})\n"), ("perl", "system({!r})\n")]:
        launch(place, [*system.gate, interpreter], input=form.format(text(canaries.next())).encode())
    return canaries.seen()


@attack("B20", "a program that the list allows writes outside of the workspace", "the file is there on the host")
def allowed_outside(place, system):
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    planted = os.path.join(place.outside, "planted")
    for argv in [["sh", "-c", f"echo x > {planted}"], ["tar", "-cf", planted, "/etc/passwd"], ["python3", "-c", f"open({planted!r}, 'w')"]]:
        launch(place, [*system.gate, *argv])
    was = os.path.exists(planted)
    if was:
        os.unlink(planted)
    return was


# MARK: who chooses the policy

@attack("B15", "the task writes the sandbox's own files: policies, programs, the state directory, the audit log", "one of them has changed")
def own_files(place, system):
    if system.policy is None and system.title != "no sandbox":
        raise NotApplicable("has no such files")
    kept = [os.path.join(place.policies, "default.toml"), os.path.join(place.state, "audit.log"), os.path.join(place.settings, "passwd")]
    before = [stamp(path) for path in kept]
    place.run(system, "touch", "w", *kept, os.path.join(place.policies, "planted.toml"))
    after = [stamp(path) for path in kept]
    planted = os.path.join(place.policies, "planted.toml")
    was = os.path.exists(planted)
    if was:
        os.unlink(planted)
    # Caisson itself writes its log; what the task would write there is no line of it.
    log = [path for path in kept if path.endswith("audit.log")]
    changed = [path for path, old, new in zip(kept, before, after) if old != new and path not in log]
    whole = not system.policy or subprocess.run([system.program, "audit", "verify", "--state", place.state], capture_output=True, check=False).returncode == 0
    return was or bool(changed) or not whole


def stamp(path):
    try:
        status = os.stat(path)
        return status.st_mtime_ns, status.st_size
    except FileNotFoundError:
        return None


@attack("B17", "a client of MCP asks for another policy, another program's file, a workspace of its own", "the forbidden program's canary is there")
def other_policy(place, system):
    wider = os.path.join(place.policies, "attack-open.toml")
    return chosen_by_client(place, system, lambda canary: [
        {"argv": payload(canary), "policy": "open"}, {"argv": payload(canary), "policy": wider},
        {"argv": payload(canary), "policy": "../policies/open"}, {"argv": payload(canary), "workspace": "/"},
        {"argv": payload(canary), "policy": None, "allow_all": True}], ["--allow-policy", "open"], {"policy": "open"})


@attack("B18", "a client of MCP sets ALLOW_ALL_COMMANDS and ALLOWED_COMMANDS for its call", "the forbidden program's canary is there")
def allow_all(place, system):
    return chosen_by_client(place, system, lambda canary: [
        {"argv": payload(canary), "env": {"ALLOW_ALL_COMMANDS": "true"}}, {"argv": payload(canary), "env": {"ALLOWED_COMMANDS": "truncate"}},
        {"argv": ["env", "ALLOW_ALL_COMMANDS=true", *payload(canary)]}], ["--allow-policy", "open"], {"policy": "open"})


def chosen_by_client(place, system, forms, twin_options, twin):
    """Calls that must not start it; and the same by a server whose operator lets it: there it must, or this shows nothing."""
    if system.policy is None:
        raise NotApplicable("no MCP server" if system.title != "no sandbox" else "-")
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    canaries = Canaries(place)
    wanted = forms(canaries.next())
    calls(place, system, [("execute_command", arguments) for arguments in wanted])
    if canaries.seen():
        return True
    calls(place, system, [("execute_command", {"argv": wanted[0]["argv"], **twin})], twin_options)
    if not canaries.seen():
        raise NotRun("the control: a server that may does not start it either")
    return False
