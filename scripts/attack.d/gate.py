"""Class B: ways past a list of commands. The forbidden program is truncate, which no shipped list has; its canary is a file of 7 bytes.

Where a policy refuses the command, or the kernel shows the task no such program, no canary is there, and that is all that is asked. The
other sandboxes have no list, and so nothing to get past."""
import os
import platform
import secrets
import shutil
import subprocess

from client import Client
from ground import appended, attack, planted, running, wait_for
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
        self.place, self.word, self.paths = place, secrets.token_hex(4), {}

    def next(self, way):
        self.paths[way] = os.path.join(self.place.workspace, f"ran-{self.word}-{len(self.paths)}")
        return self.paths[way]

    def seen(self):
        """Of each way; what a shell leaves in the background gets a moment for it."""
        wait_for(lambda: all(map(is_canary, self.paths.values())), 0.2)
        return {way: is_canary(path) for way, path in self.paths.items()}


def is_canary(path):
    return os.path.isfile(path) and os.path.getsize(path) == SIZE


def payload(canary):
    return [FORBIDDEN, "-s", str(SIZE), canary]


def text(canary):
    return " ".join(payload(canary))


def tried(place, system, ways, **more):
    """Which of the command lines that `ways` make for a canary leave it there. Each is tried in the same workspace; one whose program
    this host lacks is None, by the program's name."""
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    begins(place, system)
    canaries, lacking = Canaries(place), {}
    for number, way in enumerate(ways, 1):
        argv = way(os.devnull)
        if not (os.path.exists(os.path.join(place.workspace, argv[0])) if "/" in argv[0] else shutil.which(argv[0])):
            lacking[argv[0]] = None
            continue
        launch(place, [*system.gate, *way(canaries.next(f"{number}. {' '.join(argv)[:60]}"))], **more)
    return {**canaries.seen(), **lacking}


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
    canaries, honest, made = Canaries(place), os.path.join(place.workspace, "honest"), []
    for form in forms:
        words = payload(canaries.next(form))
        made.append(form.replace("RUN", " ".join(words)).replace("ARGUMENTS", " ".join(words[1:])))
    # The control: a string without any of it, whose program the list has.
    made.insert(0, f"sort -o {honest} /dev/null")
    if not system.policy:
        for command in made:
            launch(place, ["bash", "-c", command])
    else:
        calls(place, system, [{"command": command, "timeout_ms": 5000} for command in made])
    if not os.path.exists(honest):
        raise NotRun("the control: an allowed command string does not run either")
    return canaries.seen()


def calls(place, system, wanted, *options):
    """Calls over MCP, one after the other, each of which must be answered."""
    with Client(place, system, system.gate_policy, *options) as client:
        for arguments in wanted:
            if client.call(**arguments) is None:
                raise NotRun("the server did not answer")


@attack("B1", "shell syntax in a command string: ; && || & | and a line break", "the forbidden program's canary is there")
def metacharacters(place, system):
    return strings(place, system, ["ls; RUN", "ls && RUN", "nothing || RUN", "ls & RUN", "ls | RUN", "ls\nRUN", "ls;RUN;", "{ RUN; }"])


@attack("B2", "substitutions in a command string: $(), backticks, <() and >()", "the forbidden program's canary is there")
def substitutions(place, system):
    return strings(place, system, ["ls $(RUN)", "ls `RUN`", "cat <(RUN)", "ls > >(RUN)", 'ls "$(RUN)"', "ls ${x:-$(RUN)}"])


@attack("B3", "programs that start others: env, xargs, find -exec, timeout, the loader and their like", "the forbidden program's canary is there")
def wrappers(place, system):
    loaders = ["/lib64/ld-linux-x86-64.so.2", "/usr/bin/ld.so"]
    prefixes = [["env"], ["env", "-S"], ["nice"], ["nohup"], ["timeout", "9"], ["stdbuf", "-o0"], ["setarch", platform.machine()], ["setsid", "-w"],
                ["flock", "lock"], ["taskset", "1"], ["ionice", "-c3"], ["chrt", "-o", "0"], ["unshare", "-r"], *[[each] for each in loaders]]
    ways = [lambda canary, prefix=prefix: [*prefix, *payload(canary)] for prefix in prefixes]
    ways += [
        lambda canary: ["find", ".", "-maxdepth", "0", "-exec", *payload(canary), ";"],
        lambda canary: ["find", ".", "-maxdepth", "0", "-execdir", *payload(canary), ";"],
        lambda canary: ["find", os.devnull, "-exec", *payload(canary), "{}", "+"],
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
    trusted = ["git", "-c", "safe.directory=*"]
    hook = os.path.join(place.workspace, ".git/hooks/post-index-change")
    ways = [
        lambda canary: ["git", "-c", f"alias.x=!{text(canary)}", "x"],
        lambda canary: [*trusted, "-c", f"core.fsmonitor={text(canary)}; true", "status"],
        lambda canary: ["git", "-c", f"core.sshCommand={text(canary)} #", "ls-remote", "ssh://nowhere/x"],
        lambda canary: ["env", f"CANARY=!{text(canary)}", "git", "--config-env=alias.x=CANARY", "x"],
        lambda canary: ["git", "-c", "protocol.ext.allow=always", "ls-remote", f"ext::{text(canary)}"],
    ]

    def hooked(canary):
        with open(hook, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text(canary)}\n")
        os.chmod(hook, 0o755)
        return [*trusted, "add", "-A"]
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


@attack("B12", "a shell that is allowed changes PATH, a function and BASH_ENV for the programs after it", "the forbidden program's canary is there")
def poisoned(place, system):
    def script(name, canary):
        path = os.path.join(place.workspace, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text(canary)}\n")
        os.chmod(path, 0o755)
        return path
    return tried(place, system, [
        lambda canary: ["bash", "-c", f"export PATH={os.path.dirname(script('cat', canary))}:$PATH; hash -r; cat /dev/null"],
        lambda canary: ["bash", "-c", f"ls() {{ {text(canary)}; }}; export -f ls; bash -c ls"],
        lambda canary: ["bash", "-c", f"export BASH_ENV={script('settings', canary)}; bash -c true"]])


@attack("B13", "commands on the standard input of an allowed interpreter", "the forbidden program's canary is there")
def by_input(place, system):
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    begins(place, system)
    canaries, lacking = Canaries(place), {}
    for interpreter, form in [("sh", "{}\n"), ("bash", "{}\n"), ("python3", "import os; os.system({!r})\n"), ("perl", "system({!r})\n")]:
        if shutil.which(interpreter):
            launch(place, [*system.gate, interpreter], input=form.format(text(canaries.next(interpreter))).encode())
        else:
            lacking[interpreter] = None
    return {**canaries.seen(), **lacking}


@attack("B20", "a program that the list allows writes outside of the workspace", "the file is there on the host")
def allowed_outside(place, system):
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    begins(place, system)
    ways = {name: os.path.join(place.outside, f"planted-{name}") for name in ["sh", "tar", "python3"]}
    for argv in [["sh", "-c", f"echo x > {ways['sh']}"], ["tar", "-cf", ways["tar"], "/etc/passwd"],
                 ["python3", "-c", f"open({ways['python3']!r}, 'w')"]]:
        if shutil.which(argv[0]):
            launch(place, [*system.gate, *argv])
    return {name: found if shutil.which(name) else None for name, found in planted(ways).items()}


# MARK: who chooses the policy

@attack("B15", "the task writes the sandbox's own files: policies, the state directory, the audit log and, as root, a program",
        "what it writes is in one of them")
def own_files(place, system):
    if system.policy is None and system.title != "no sandbox":
        raise NotApplicable("has no such files")
    airlock = os.path.join(place.release, "caisson-airlock")
    kept = [os.path.join(place.policies, "default.toml"), os.path.join(place.policies, "new.toml"), os.path.join(place.state, "audit.log"),
            os.path.join(place.state, "new"), airlock]
    # Nobody can write a program that runs, as that of a sandbox that is just ending does.
    wait_for(lambda: not running(airlock), 5)
    # The programs are root's: no ordinary user could write them anywhere.
    writable = [path for path in kept if os.access(path, os.W_OK) or not os.path.exists(path)]
    found = appended(writable, lambda: place.run(system, "append", *writable))
    if system.policy and not is_whole(place, system):
        found["the audit log is not whole"] = True
    return {os.path.relpath(path, place.root) if path.startswith(place.root) else os.path.basename(path): was for path, was in found.items()}


def is_whole(place, system):
    """Whether Caisson says so of its audit log."""
    done = subprocess.run([system.program, "audit", "verify", "--state", place.state], env=place.variables(), capture_output=True, check=False)
    return done.returncode == 0


@attack("B17", "a client of MCP asks for another policy, another program's file, a workspace of its own", "the forbidden program's canary is there")
def other_policy(place, system):
    wider = os.path.join(place.policies, "open.toml")
    return chosen_by_client(place, system, lambda canary: [
        {"argv": payload(canary), "policy": "open"}, {"argv": payload(canary), "policy": wider},
        {"argv": payload(canary), "policy": "../policies/open"}, {"argv": payload(canary), "workspace": "/"},
        {"argv": payload(canary), "policy": None, "allow_all": True}])


@attack("B18", "a client of MCP sets ALLOW_ALL_COMMANDS and ALLOWED_COMMANDS for its call", "the forbidden program's canary is there")
def allow_all(place, system):
    return chosen_by_client(place, system, lambda canary: [
        {"argv": payload(canary), "env": {"ALLOW_ALL_COMMANDS": "true"}}, {"argv": payload(canary), "env": {"ALLOWED_COMMANDS": "truncate"}},
        {"argv": ["env", "ALLOW_ALL_COMMANDS=true", *payload(canary)]}])


def chosen_by_client(place, system, forms):
    """Calls that must not start it; and the same by a server whose operator lets it: there it must, or this shows nothing."""
    if system.policy is None:
        raise NotApplicable("no MCP server" if system.title != "no sandbox" else "-")
    if system.gate is None:
        raise NotApplicable(system.no_gate)
    canaries = Canaries(place)
    wanted = forms(canaries.next("a call"))
    calls(place, system, wanted)
    found = canaries.seen()
    if not any(found.values()):
        calls(place, system, [{"argv": wanted[0]["argv"], "policy": "open"}], "--allow-policy", "open")
        if not all(canaries.seen().values()):
            raise NotRun("the control: a server that may does not start it either")
    return found
