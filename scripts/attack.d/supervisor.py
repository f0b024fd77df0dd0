"""Class J: attacks on what stands outside of the sandbox: the policy parser, the MCP server, the record and the audit log.

There is no control without a sandbox here. Instead each attack does the honest thing, too, by the same way: that must leave its canary, or
the attack shows nothing."""
import json
import os
import secrets
import subprocess
import sys
import time

from client import Client
from gate import is_whole
from ground import appended, attack, attackers, end, started, wait_for
from resources import background
from systems import NotApplicable, NotRun

GIB = 1 << 20
# One that starts the attacker: without that, nothing that is taken for a policy could leave a canary.
GOOD = 'schema = 1\nname = "mine"\ndescription = "d"\nextends = ["attack-{base}"]\n'


def needs_caisson(system):
    if system.policy is None:
        raise NotApplicable("-" if system.title == "no sandbox" else "has none")


def ended(place, argv, seconds=20):
    """Exit code and KiB of the most memory of a program that must end by itself; None: it did not. Source: getrusage(2), by wait4."""
    with started(place, argv, place.probe) as child:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode, usage.ru_maxrss
            time.sleep(0.01)
        return None, 0


def policies(system):
    """Policy files that must not be one, by what is wrong with them."""
    good = GOOD.format(base=system.base)
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
    yield "wider", good + '[network]\nmode = "host"\n'
    if system.base != "open":
        yield "every", good + "[commands]\nallow_all = true\n"


@attack("J1", "policy files that are no policies: deep, long, half, unknown keys, cycles, wider than what they extend", "a task starts with one, or its reader does not end in 20 s with less than a GiB", own=True)
def policy_bombs(place, system):
    needs_caisson(system)
    if tried(place, system, "good", GOOD.format(base=system.base))[0] != 0:
        raise NotRun("the control: the same without what is wrong starts nothing either")
    found = {}
    for name, content in policies(system):
        code, memory = tried(place, system, name, content)
        found[name] = code in (None, 0, -11, -6, -4, 139, 134, 132) or memory > GIB
    with open(system.policy, encoding="utf-8") as file:
        found["writable"] = tried(place, system, "writable", file.read(), 0o666)[0] in (None, 0)
    return found


def tried(place, system, name, content, mode=0o644):
    """The exit code, 0 where the task has left its canary, and the most memory, of a task with such a policy."""
    path, canary = os.path.join(place.policies, f"bomb-{name}.toml"), os.path.join(place.workspace, f"ran-{name}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(content.replace("{self}", path))
    os.chmod(path, mode)
    code, memory = ended(place, [system.program, "run", "--state", place.state, "--policy", path, "--workspace", place.workspace, "--",
                                 place.probe, "touch", "w", canary])
    os.unlink(path)
    if (code == 0) != os.path.exists(canary):
        print(f"J1 {system.title}: {name}: exit code {code}, and its canary is {'' if code else 'not '}there", file=sys.stderr)
    return 0 if os.path.exists(canary) else code, memory


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
    with Client(place, system, system.policy) as client:
        for line in lines():
            client.send(line.replace("ARGV", json.dumps([place.probe, "touch", "w", bad])).encode(errors="surrogateescape"))
        client.send(b"\xff\xfe{\x80")
        answered = client.call(argv=[place.probe, "touch", "w", good])
        memory = most_memory(client.server.pid)
    # A request whose members are all right is one, however odd it is; the harness sends none.
    return {"a task": os.path.exists(bad), "no answer": answered is None or not os.path.exists(good), "memory": memory > GIB}


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


@attack("J6", "the record of another task: its output, its plan, its end and its control socket, by their paths",
        "a byte of it is read or added, or the task is killed", own=True)
def other_record(place, system):
    """Without a sandbox, the same user does all of it to the same task afterwards."""
    needs_caisson(system)
    word = secrets.token_hex(16)
    folder = background(place, system, system.prefix, "attempt", word, "linger", word)
    try:
        if not wait_for(lambda: attackers(word) and os.path.exists(os.path.join(folder, "out.head")), 20):
            raise NotRun("the control: the other task says nothing")
        found = attacked(folder, word, lambda *attempt: place.run(system, *attempt))
        if not any(found.values()):
            honest = attacked(folder, word, lambda *attempt: run_outside(place, *attempt))
            if not all(honest.values()) or honest.keys() != found.keys():
                raise NotRun(f"the control: without a sandbox only this is seen: {honest}")
        return found
    finally:
        end(word)


def attacked(folder, word, run):
    """What is done to a task, and whether it is seen."""
    names = sorted(each for each in os.listdir(folder) if each != "control")
    paths = {each: os.path.join(folder, each) for each in names}
    found = {f"{name} is read": word.encode() in run("cat", path) for name, path in paths.items() if has(path, word)}
    added = appended([*paths.values(), os.path.join(folder, "new")], lambda: run("append", *paths.values(), os.path.join(folder, "new")))
    found.update({f"{os.path.basename(path)} is written": was for path, was in added.items()})
    run("request-kill", os.path.join(folder, "control"))
    return {**found, "it is killed": wait_for(lambda: not attackers(word), 0.5)}


def has(path, word):
    with open(path, "rb") as file:
        return word.encode() in file.read()


def run_outside(place, *attempt):
    return subprocess.run([place.probe, *attempt], cwd=place.workspace, env=place.variables(), capture_output=True, timeout=20, check=False).stdout
