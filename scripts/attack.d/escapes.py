"""Ways out of a sandbox, classes A and C to K: each leaves a trace on the host where it works."""
import contextlib
import os
import platform
import pty
import re
import secrets
import select
import signal
import socket
import stat
import subprocess
import time

from ground import appended, attack, attackers, end, having, kill, name, parent, planted, started, wait_for
from systems import FROM_MEMORY, FROM_WORKSPACE, NotRun

# MARK: A, lifecycle

def linger(place, system, **ways):
    """Which ways leave a process: each is tried in a sandbox of its own, whose main process ends at once."""
    markers = {way: secrets.token_hex(8) for way in ways}
    try:
        for way, words in ways.items():
            place.run(system, "linger", markers[way], *words, "exit", timeout=10, lingers=True)
        time.sleep(0.3)
        return {way: bool(having(marker)) for way, marker in markers.items()}
    finally:
        for marker in markers.values():
            end(marker)


@attack("A1", "setsid and two forks, then the main process ends", "a process of the attacker still runs")
def daemon(place, system):
    return linger(place, system, setsid=["setsid"], daemon=["daemon"])


@attack("A4", "a child that ignores and blocks every signal, and one that is stopped", "a process of the attacker still runs")
def deaf(place, system):
    return linger(place, system, ignores=["ignore"], blocks=["block"], stopped=["stop"])


@attack("A5", "the sandbox's supervisor is killed", "a process of the attacker still runs 2 s later")
def orphan(place, system):
    word = secrets.token_hex(8)
    with started(place, place.attacker(system.prefix, word, "linger", word, "setsid", "daemon"), word) as child:
        if not wait_for(lambda: attackers(word), 20):
            raise NotRun("no process of the attacker's was seen")
        time.sleep(0.3)
        found = supervisors(child.pid, system, word)
        if not found:
            raise NotRun("its supervisor was not found")
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not wait_for(lambda: not having(word), 2)


def supervisors(pid, system, marker):
    """What was started, or, with Caisson, the monitor: its front end may be killed at any time, and the task is to go on."""
    if not system.title.startswith("caisson"):
        return [pid]
    parents = {each: parent(each) for each in map(int, filter(str.isdigit, os.listdir("/proc")))}
    found = set()
    for each in having(marker):
        while (each := parents.get(each)) and each > 1:
            found.add(each)
    return [each for each in found if name(each) == "caisson-airlock" and name(parents.get(each, 0)) != "caisson-airlock"]


# MARK: B and C, programs and environment

@attack("B8", "a program of the attacker's own, written to the workspace or to memory, is executed", "its canary is there")
def own_program(place, system):
    ways = {FROM_WORKSPACE: os.path.join(place.workspace, "by-path"), FROM_MEMORY: os.path.join(place.workspace, "by-memory")}
    place.run(system, "own-program", os.path.join(place.workspace, "x"), *ways.values())
    return {way: os.path.exists(path) for way, path in ways.items()}


@attack("B16", "files that the host's tools trust are made where they are missing: .git/hooks, .mcp.json", "they are there")
def trusted(place, system):
    repository = place.make(".git")
    ways = {name: os.path.join(place.workspace, name) for name in [".git/hooks/pre-commit", ".mcp.json"]}
    place.run(system, "directory", os.path.join(repository, "hooks"))
    place.run(system, "touch", "w", *ways.values(), os.path.join(repository, "description"), os.path.join(place.workspace, "honest"))
    # `hardened` protects all of .git.
    honest = os.path.join(place.workspace, "honest" if system.base == "hardened" else ".git/description")
    if not os.path.exists(honest):
        raise NotRun("the control: what is not protected can't be made either")
    return {way: os.path.lexists(path) and not is_placeholder(path) for way, path in ways.items()}


def is_placeholder(path):
    return stat.S_IMODE(os.lstat(path).st_mode) == 0o1444


@attack("C6", "secrets in the environment of whoever starts the sandbox", "the attacker prints them")
def secret_variables(place, system):
    canary = secrets.token_hex(16)
    said = place.run(system, "environment", environment={"AWS_SECRET_ACCESS_KEY": canary})
    return canary.encode() in said


# MARK: D, files

@attack("D2", "a file outside of the workspace is read, by its path and through /proc", "the attacker prints it")
def read_outside(place, system):
    path, canary = place.secret()
    ways = {"its path": path, "/proc/self/root": f"/proc/self/root{path}", "/proc/1/root": f"/proc/1/root{path}",
            "dots": f"{place.workspace}/../outside/secret", "/proc/self/cwd": "/proc/self/cwd/../outside/secret"}
    found = {way: canary in place.run(system, "cat", path) for way, path in ways.items()}
    # The first process of the host may be another user's, or have another root: then this user can't do that anywhere.
    return found if os.access(ways["/proc/1/root"], os.R_OK) else {**found, "/proc/1/root": found["/proc/1/root"] or None}


@attack("D2w", "a file outside of the workspace is written", "it is there on the host")
def write_outside(place, system):
    mark = secrets.token_hex(8)
    ways = {"its path": f"{place.outside}/planted-{mark}", "dots": f"{place.workspace}/../outside/dots-{mark}",
            "/var/tmp": f"/var/tmp/caisson-attack-{mark}"}
    place.run(system, "touch", "w", *ways.values())
    return planted(ways)


@attack("D1", "a symbolic link in the workspace to a file outside, read and written", "the canary is printed or planted")
def link(place, system):
    _, canary = place.secret()
    os.symlink(place.outside, os.path.join(place.workspace, "link"))
    read = canary in place.run(system, "cat", "link/secret")
    place.run(system, "touch", "w", "link/planted")
    return {"read": read, **planted({"written": os.path.join(place.outside, "planted")})}


@attack("D3", "programs that the host uses too: the attacker's own, through /proc/self/exe, another one, and a new one beside them",
        "what it writes is in one of them")
def overwrite(place, system):
    new = os.path.join(place.tools, "new")
    # Nobody can write a program that runs: the attacker's own is that of its other part.
    own = appended([place.probe], lambda: place.run(system, "append-to-self", place.other))
    return {**appended([place.other, new], lambda: place.run(system, "append", place.other, new)), **own}


@attack("D9", "a set-user-id program is left in the workspace", "the host sees the bit")
def set_user_id(place, system):
    place.run(system, "setid", place.workspace)
    if not os.path.exists(os.path.join(place.workspace, "m0")):
        raise NotRun("the control: it left no program at all")
    return {name: has_bit(os.path.join(place.workspace, name)) if kernel() >= since else None for name, since in SET_ID.items()}


# What verb_setid of Tests/Sandbox/probe/files.c makes in ways that are open to every user, and the kernel that they came with.
SET_ID = {**dict.fromkeys(["m0", "m1", "m2", "o0", "o1", "o2", "n0", "n1"], (0,)), "m3": (6, 6)}


def kernel():
    return tuple(map(int, re.findall(r"\d+", platform.release())[:2]))


def has_bit(path):
    return os.path.lexists(path) and bool(os.lstat(path).st_mode & (stat.S_ISUID | stat.S_ISGID))


# MARK: E and F, calls and identity

@attack("E1", "a system call of the 32-bit ABI, past a filter that looks at numbers only: mkdir in the workspace", "the directory is there")
def foreign(place, system):
    path = os.path.join(place.workspace, "foreign")
    place.run(system, "foreign", path)
    return os.path.isdir(path)


@attack("F5", "a user namespace inside, and a mount in it", "a process of the attacker has them in the host's /proc")
def nested(place, system):
    word, source = secrets.token_hex(8), f"caisson-{secrets.token_hex(4)}"
    with started(place, place.attacker(system.prefix, word, "nested", source, "/tmp"), word):
        if not wait_for(lambda: attackers(word), 20):
            raise NotRun("no process of the attacker's was seen")

        def seen():
            pids = attackers(word)
            return {"namespace": len({user_namespace(pid) for pid in pids} - {None}) > 1, "mount": any(source in mounts(pid) for pid in pids)}
        wait_for(lambda: all(seen().values()), 0.5)
        return seen()


def user_namespace(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/user")
    except PermissionError as error:
        raise NotRun("the host can't look at the attacker's namespaces") from error
    except OSError:
        return None


def mounts(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/mountinfo", encoding="utf-8", errors="replace") as file:
        return file.read()
    return ""


@attack("F9", "a process of the same user on the host is killed", "it is dead")
def kill_outside(place, system):
    victim = subprocess.Popen(["sleep", "60"])
    try:
        place.run(system, "kill", str(victim.pid))
        time.sleep(0.2)
        return victim.poll() is not None
    finally:
        victim.kill()
        victim.wait()


# MARK: G, descriptors and terminals

@attack("G1", "descriptors that whoever starts the sandbox has left open: a file, and a directory", "the attacker prints what is behind them")
def descriptors(place, system):
    _, in_directory = place.secret()
    path, in_file = place.secret("opened")
    with open(path, "rb") as file:
        directory = os.open(place.outside, os.O_RDONLY)
        try:
            for number in (file.fileno(), directory):
                os.set_inheritable(number, True)
            said = place.run(system, "descriptors", close_fds=False)
        finally:
            os.close(directory)
    return {"file": in_file in said, "directory": in_directory in said}


@attack("G3", "a command is pushed into the terminal of whoever started the sandbox (TIOCSTI)", "the terminal has it as its input")
def push(place, system):
    canary, word = secrets.token_hex(4), secrets.token_hex(8)
    child, terminal = pty.fork()
    if child == 0:
        read_after(place, place.attacker(system.prefix, word, "push", canary + "\n"))
    said = b""
    try:
        with contextlib.suppress(OSError):
            while select.select([terminal], [], [], 40)[0] and (piece := os.read(terminal, 1000)):
                said += piece
    finally:
        os.close(terminal)
        kill(child)
        os.waitpid(child, 0)
        end(word)
    if word.encode() not in said:
        raise NotRun(said.decode(errors="replace").strip()[-160:])
    return b"READ " + canary.encode() in said


def read_after(place, argv):
    """In a terminal's child: the shell that comes back reads what was pushed. Nothing of the parent's is done here."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(place.workspace)
        subprocess.call(argv, env=place.variables())
        ready, _, _ = select.select([0], [], [], 0.5)
        os.write(1, b"READ " + (os.read(0, 100) if ready else b"nothing") + b"\n")
    finally:
        os._exit(0)


# MARK: H, network

def listener(kind, family=socket.AF_INET, address=("127.0.0.1", 0)):
    server = socket.socket(family, kind)
    server.bind(address)
    if kind == socket.SOCK_STREAM:
        server.listen(4)
    # Whoever connected has done so by the time that it ends.
    server.settimeout(0.2)
    return server


def was_reached(server, kind):
    try:
        if kind == socket.SOCK_STREAM:
            connection, _ = server.accept()
            connection.close()
        else:
            server.recvfrom(100)
        return True
    except (TimeoutError, BlockingIOError):
        return False
    finally:
        server.close()


@attack("H1", "a TCP listener on the host's loopback", "it is connected to")
def tcp(place, system):
    server = listener(socket.SOCK_STREAM)
    place.run(system, "tcp", "127.0.0.1", server.getsockname()[1])
    return was_reached(server, socket.SOCK_STREAM)


@attack("H2", "a UDP socket on the host's loopback", "it gets a packet")
def udp(place, system):
    server = listener(socket.SOCK_DGRAM)
    place.run(system, "udp", "127.0.0.1", server.getsockname()[1])
    return was_reached(server, socket.SOCK_DGRAM)


@attack("H3", "an abstract Unix socket of the host", "it is connected to")
def abstract(place, system):
    name = f"caisson-attack-{secrets.token_hex(8)}"
    server = listener(socket.SOCK_STREAM, socket.AF_UNIX, b"\0" + name.encode())
    place.run(system, "abstract", name)
    return was_reached(server, socket.SOCK_STREAM)


@attack("H3p", "a Unix socket of the host, outside of the workspace, such as that of a container engine", "it is connected to")
def socket_path(place, system):
    path = os.path.join(place.outside, "engine.sock")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    server = listener(socket.SOCK_STREAM, socket.AF_UNIX, path)
    os.chmod(path, 0o666)
    place.run(system, "path", path)
    return was_reached(server, socket.SOCK_STREAM)


# MARK: K, other tenants

@attack("K4", "a file left in /dev/shm or /tmp for another task", "it is there on the host")
def shared_memory(place, system):
    mark = secrets.token_hex(8)
    ways = {directory: f"{directory}/caisson-{mark}" for directory in ["/dev/shm", "/tmp"]}
    place.run(system, "touch", "w", *ways.values())
    return planted(ways)
