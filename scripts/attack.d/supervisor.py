"""Class J: attacks on what stands outside of the sandbox: the policy parser, the MCP server, the record and the audit log.

There is no control without a sandbox here. Instead each attack does the honest thing, too, by the same way: that must leave its canary, or
the attack shows nothing."""
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

from ground import attack
from systems import NotApplicable, NotRun

GIB = 1 << 20
GOOD = 'schema = 1\nname = "mine"\ndescription = "d"\nextends = ["{base}"]\n'


def needs_caisson(system):
    if system.policy is None:
        raise NotApplicable("-" if system.title == "no sandbox" else "has none")


def ended(place, argv, seconds=20, **more):
    """Exit code and KiB of the most memory of a program that must end by itself. Source: getrusage(2), by wait4."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(argv, env=place.variables(), cwd=place.workspace, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                 start_new_session=True, **more)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode, usage.ru_maxrss
            time.sleep(0.01)
        # What it has started, too.
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return None, 0


def policies(base):
    """Policy files that must not be one, by what is wrong with them."""
    good = GOOD.format(base=base)
    yield "deep", good + "[commands]\nallow = " + "[" * 100_000 + "]" * 100_000 + "\n"
    yield "deep-keys", good + "[" + ".".join(["a"] * 50_000) + "]\nx = 1\n"
    yield "many", good + "".join(f"key{number} = {number}\n" for number in range(300_000))
    yield "long", good + 'x = "' + "a" * (32 << 20) + '"\n'
    yield "twice", good + "[limits]\nprocesses = 5\n[limits]\nprocesses = 6\n"
    yield "infinite", good + "[limits]\nprocesses = inf\n"
    yield "overflow", good + '[limits]\nmemory = "99999999999999999999 GiB"\n'
    yield "unknown", good + "[limits]\nproceses = 5\n"
    yield "nul", good + "[limits]\x00\nprocesses = 5\n"
    yield "half", good + '[commands]\nallow = ["tr'
    yield "cycle", 'schema = 1\nname = "mine"\ndescription = "d"\nextends = ["{self}"]\n'
    yield "wider", good + "[commands]\nallow_all = true\n"


@attack("J1", "policy files that are no policies: deep, long, half, unknown keys, cycles, wider than what they extend", "a task starts with one, or its reader does not end in 20 s with less than a GiB", own=True)
def policy_bombs(place, system):
    needs_caisson(system)
    for name, content in policies(system.base):
        path = os.path.join(place.policies, f"bomb-{name}.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content.replace("{self}", path))
        os.chmod(path, 0o644)
        canary = os.path.join(place.workspace, f"ran-{name}")
        code, memory = ended(place, started(place, system, path, canary))
        os.unlink(path)
        if os.path.exists(canary) or code is None or code in (0, -11, -6, -4, 139, 134, 132) or memory > GIB:
            return True
    writable = os.path.join(place.policies, "writable.toml")
    shutil.copy(system.policy, writable)
    os.chmod(writable, 0o666)
    code, _ = ended(place, started(place, system, writable, os.path.join(place.workspace, "ran-writable")))
    os.unlink(writable)
    if code in (0, None) or os.path.exists(os.path.join(place.workspace, "ran-writable")):
        return True
    honest = os.path.join(place.workspace, "honest")
    ended(place, started(place, system, system.policy, honest))
    if not os.path.exists(honest):
        raise NotRun("the control: a good policy starts nothing either")
    return False


def started(place, system, policy, canary):
    return [system.program, "run", "--state", place.state, "--policy", policy, "--workspace", place.workspace, "--", place.probe, "touch", "w", canary]


def lines():
    """What a client may send that is no call, and must not become one."""
    call = '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":%s}'
    start = '{"name":"execute_command","arguments":{"argv":ARGV}}'
    yield "[" * 200_000
    yield '{"a":' * 100_000
    yield call % (7, start) + "}"
    yield (call % (7, start))[:-20]
    yield '{"jsonrpc":"2.0","id":7,"id":8,"method":"tools/call","method":"ping","params":' + start + "}"
    yield (call % (7, start)).replace('"jsonrpc":"2.0"', '"jsonrpc":"1.0"')
    yield (call % ("1e999999", start)) + "\x00"
    yield '"' + "\\u0000" * 100_000 + '"'
    yield '{"jsonrpc":"2.0","id":7,"method":"' + "a" * (24 << 20) + '"}'


@attack("J2", "lines that are no calls: deep, 24 MiB long, cut, with members twice, invalid UTF-8", "a task starts, the server needs a GiB, or does not answer the next good call", own=True)
def server_bombs(place, system):
    needs_caisson(system)
    bad, good = os.path.join(place.workspace, "bad"), os.path.join(place.workspace, "good")
    words = [system.program, "mcp", "--state", place.state, "--policy", system.policy, "--workspace", place.workspace]
    with subprocess.Popen(words, env=place.variables(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        def send(data):
            server.stdin.write(data + b"\n")
            server.stdin.flush()

        def answer(number):
            while line := server.stdout.readline():
                message = json.loads(line)
                if message.get("id") == number:
                    return message
            return None
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "attack", "version": "1"}}
        send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}).encode())
        answer(1)
        try:
            for line in lines():
                send(line.replace("ARGV", json.dumps([place.probe, "touch", "w", bad])).encode(errors="surrogateescape"))
            send(b"\xff\xfe{\x80")
            send(json.dumps({"jsonrpc": "2.0", "id": 99, "method": "tools/call", "params": {
                "name": "execute_command", "arguments": {"argv": [place.probe, "touch", "w", good]}}}).encode())
            answered = answer(99)
        except BrokenPipeError:
            answered = None
        memory = most_memory(server.pid)
        server.stdin.close()
    # A request whose members are all right is one, however odd it is; the harness sends none.
    return answered is None or not os.path.exists(good) or os.path.exists(bad) or memory > GIB


def most_memory(pid):
    """KiB, of the most that it ever had; 0: it is gone. Source: proc(5), VmHWM."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except FileNotFoundError:
        return 0


@attack("J5", "the audit log, by somebody who can write it: a line edited, left out, moved, put in, the end cut", "`audit verify` calls it whole", own=True)
def audit(place, system):
    needs_caisson(system)
    for _ in range(3):
        subprocess.run([*system.prefix, place.probe, "exit", "0"], env=place.variables(), cwd=place.workspace, capture_output=True, check=False)
    path = os.path.join(place.state, "audit.log")
    with open(path, "rb") as file:
        original = file.read()
    parts = original.splitlines(keepends=True)
    if len(parts) < 6 or not is_whole(place, system):
        raise NotRun("the control: the log is not whole before")
    changes = [parts[:-1], parts[:2] + parts[3:], parts[:2] + [parts[3], parts[2]] + parts[4:], [*parts, parts[-1]],
               [parts[0].replace(b'"uid":', b'"uid":1')] + parts[1:], parts[1:], []]
    try:
        for change in changes:
            with open(path, "wb") as file:
                file.write(b"".join(change))
            if is_whole(place, system):
                return True
    finally:
        with open(path, "wb") as file:
            file.write(original)
    return not is_whole(place, system)


def is_whole(place, system):
    done = subprocess.run([system.program, "audit", "verify", "--state", place.state], env=place.variables(), capture_output=True, check=False)
    return done.returncode == 0


@attack("J6", "the record of another task: its output, its end and its control socket, by their paths", "a byte of it is read, or it has changed", own=True)
def other_record(place, system):
    needs_caisson(system)
    canary = secrets.token_hex(16)
    done = subprocess.run([*system.prefix[:2], "--detach", *system.prefix[2:], place.probe, "linger", canary], env=place.variables(), cwd=place.workspace,
                          capture_output=True, text=True, check=False)
    task = done.stdout.strip()
    folder = os.path.join(place.state, "tasks", task)
    if done.returncode != 0 or not os.path.isdir(folder):
        raise NotRun(f"the control: no other task: {done.stderr[-100:]}")
    try:
        names = [os.path.join(folder, each) for each in os.listdir(folder)]
        before = [(each, os.stat(each).st_size) for each in names if not each.endswith("lock")]
        said = place.run(system, "cat", *names)
        place.run(system, "touch", "w", *names, os.path.join(folder, "planted"))
        after = [(each, os.stat(each).st_size) for each, _ in before]
        return canary.encode() in said or before != after or os.path.exists(os.path.join(folder, "planted"))
    finally:
        subprocess.run([system.program, "stop", "--state", place.state, "--grace", "0s", task], env=place.variables(), capture_output=True, check=False)
