"""Ways out of a sandbox, classes A and C to K: each leaves a trace on the host where it works."""
import contextlib
import os
import pty
import secrets
import select
import signal
import socket
import stat
import subprocess
import time

from ground import attack, attackers, end, having, name, parent, wait_for
from systems import NotRun

# MARK: A, lifecycle

def linger(place, system, *ways):
    marker = secrets.token_hex(8)
    place.run(system, "linger", marker, *ways, "exit", timeout=10)
    time.sleep(0.3)
    left = having(marker)
    end(marker)
    return bool(left)


@attack("A1", "setsid and two forks, then the main process ends", "a process of the attacker still runs")
def daemon(place, system):
    return linger(place, system, "setsid", "daemon")


@attack("A4", "a child that ignores and blocks every signal, and one that is stopped", "a process of the attacker still runs")
def deaf(place, system):
    return linger(place, system, "ignore", "block", "stop")


@attack("A5", "the sandbox's supervisor is killed", "a process of the attacker still runs 2 s later")
def orphan(place, system):
    marker = secrets.token_hex(8)
    child = subprocess.Popen(place.line(system, "begins", "linger", marker, "setsid", "daemon"), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=place.workspace, env=place.variables())
    try:
        if not wait_for(lambda: attackers(marker), 20):
            raise NotRun("no process of the attacker's was seen")
        time.sleep(0.3)
        found = supervisors(child.pid, system, marker)
        if not found:
            raise NotRun("its supervisor was not found")
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not wait_for(lambda: not having(marker), 2)
    finally:
        child.kill()
        child.wait()
        end(marker)


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
    place.run(system, "own-program", os.path.join(place.workspace, "x"), os.path.join(place.workspace, "ran"))
    return os.path.exists(os.path.join(place.workspace, "ran"))


@attack("B16", "files that the host's tools trust are made where they are missing: .git/hooks, .mcp.json", "they are there")
def trusted(place, system):
    os.makedirs(os.path.join(place.workspace, ".git"))
    place.run(system, "directory", os.path.join(place.workspace, ".git/hooks"))
    place.run(system, "touch", "w", os.path.join(place.workspace, ".git/hooks/pre-commit"), os.path.join(place.workspace, ".mcp.json"))
    return any(os.path.lexists(os.path.join(place.workspace, name)) and not is_placeholder(os.path.join(place.workspace, name))
               for name in [".git/hooks/pre-commit", ".mcp.json"])


def is_placeholder(path):
    return stat.S_IMODE(os.lstat(path).st_mode) == 0o1444


@attack("C6", "secrets in the environment of whoever starts the sandbox", "the attacker prints them")
def secret_variables(place, system):
    canary = secrets.token_hex(16)
    said = place.run(system, "environment", environment={"AWS_SECRET_ACCESS_KEY": canary})
    return canary.encode() in said


# MARK: D, files

@attack("D2", "a file outside of the workspace is read, by its path and through /proc/self/cwd", "the attacker prints it")
def read_outside(place, system):
    canary = secrets.token_hex(16)
    path = os.path.join(place.outside, "secret")
    with open(path, "w", encoding="utf-8") as file:
        file.write(canary)
    os.chmod(path, 0o644)
    ways = [path, f"/proc/self/root{path}", f"/proc/1/root{path}", f"{place.workspace}/../outside/secret", f"/proc/self/cwd/../outside/secret"]
    return canary.encode() in place.run(system, "cat", *ways)


@attack("D2w", "a file outside of the workspace is written", "it is there on the host")
def write_outside(place, system):
    names = [os.path.join(place.outside, "planted"), f"{place.workspace}/../outside/planted", f"/var/tmp/caisson-{secrets.token_hex(8)}"]
    place.run(system, "touch", "w", *names)
    found = [each for each in names if os.path.exists(each)]
    for each in found:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)
    return bool(found)


@attack("D1", "a symbolic link in the workspace to a file outside, read and written", "the canary is printed or planted")
def link(place, system):
    canary = secrets.token_hex(16)
    with open(os.path.join(place.outside, "secret"), "w", encoding="utf-8") as file:
        file.write(canary)
    os.symlink(place.outside, os.path.join(place.workspace, "link"))
    said = place.run(system, "cat", "link/secret")
    place.run(system, "touch", "w", "link/planted")
    planted = os.path.join(place.outside, "planted")
    was = os.path.exists(planted)
    if was:
        os.unlink(planted)
    return canary.encode() in said or was


@attack("D3", "the attacker's program, which the host uses too, is overwritten through /proc/self/exe", "it has changed")
def overwrite(place, system):
    before = os.stat(place.probe)
    place.run(system, "touch", "w", "/proc/self/exe", place.probe, os.path.join(place.tools, "planted"))
    after = os.stat(place.probe)
    planted = os.path.exists(os.path.join(place.tools, "planted"))
    if planted:
        os.unlink(os.path.join(place.tools, "planted"))
    return planted or (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size)


@attack("D9", "a set-user-id program is left in the workspace", "the host sees the bit")
def set_user_id(place, system):
    place.run(system, "setid", place.workspace)
    return any(os.lstat(os.path.join(directory, each)).st_mode & (stat.S_ISUID | stat.S_ISGID)
               for directory, _, names in os.walk(place.workspace) for each in names)


# MARK: E and F, calls and identity

@attack("F5", "a user namespace inside, and a mount in it", "the attacker says that it has one")
def nested(place, system):
    return b"nested" in place.run(system, "nested", "/tmp")


@attack("E1", "a system call of the 32-bit ABI, past a filter that looks at numbers only", "it answers")
def foreign(place, system):
    said = place.run(system, "int80")
    return any(b" ok" in line or line.split()[-1:] and line.split()[-1].isdigit() for line in said.splitlines() if b" " in line)


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

@attack("G1", "descriptors that whoever starts the sandbox has left open", "the attacker prints what is behind them")
def descriptors(place, system):
    canary = secrets.token_hex(16)
    path = os.path.join(place.outside, "secret")
    with open(path, "w", encoding="utf-8") as file:
        file.write(canary)
    os.chmod(path, 0o644)
    with open(path, "rb") as file:
        directory = os.open(place.outside, os.O_RDONLY)
        for number in (file.fileno(), directory):
            os.set_inheritable(number, True)
        said = place.run(system, "descriptors", close_fds=False)
        os.close(directory)
    return canary.encode() in said


@attack("G3", "a command is pushed into the terminal of whoever started the sandbox (TIOCSTI)", "the terminal has it as its input")
def push(place, system):
    canary, word = secrets.token_hex(4), secrets.token_hex(8)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(place.workspace)
        code = subprocess.call(place.line(system, word, "push", canary + "\n"), env=place.variables())
        # The shell that comes back reads what was pushed.
        ready, _, _ = select.select([0], [], [], 0.5)
        os.write(1, b"READ " + (os.read(0, 100) if ready else b"nothing") + b"\n")
        os._exit(code)
    said = b""
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 1000):
            said += piece
    os.close(terminal)
    os.waitpid(child, 0)
    if word.encode() not in said:
        raise NotRun(said.decode(errors="replace").strip()[-160:])
    return b"READ " + canary.encode() in said


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
    names = [f"/dev/shm/caisson-{mark}", f"/tmp/caisson-{mark}"]
    place.run(system, "touch", "w", *names)
    found = [each for each in names if os.path.exists(each)]
    for each in found:
        os.unlink(each)
    return bool(found)
