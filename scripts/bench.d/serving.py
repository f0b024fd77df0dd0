"""Times calls of `caisson mcp` from a client that is already connected: the part `serving` of scripts/bench."""
import json
import random
import statistics
import subprocess
import sys
import time

import launch
import sandboxes

WARM_UP = 5
CALLS = 600
IN_FLIGHT = 16
# 10 bytes a line: a GiB and a little.
LINES = 107_374_183
CALLER = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


class Connection:
    """A server and its only client: requests in, whole lines out."""

    def __init__(self, bench):
        command = [bench.program, "mcp", "--state", bench.place.state, *bench.where]
        self.process = subprocess.Popen(
            command, env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        self.send("initialize", CALLER)
        self.receive()

    def send(self, method, params):
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self):
        return self.process.stdout.readline()

    def begin(self, tool, **arguments):
        self.send("tools/call", {"name": tool, "arguments": arguments})

    def call(self, tool, **arguments):
        self.begin(tool, **arguments)
        return self.result(self.receive())

    @staticmethod
    def result(line):
        result = json.loads(line)["result"]
        if result["isError"]:
            sys.exit(f"a call failed: {line.decode()[:500]}")
        return result["structuredContent"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(body):
    began = time.perf_counter_ns()
    body()
    return (time.perf_counter_ns() - began) / 1e6


def succeed(launcher):
    code = launcher.run(["true"])[1]
    if code != 0:
        sys.exit(f"caisson run: exit code {code}")


def launches(bench, connection, rounds):
    """Milliseconds of `execute_command` and of `caisson run`, in turns."""
    command = [bench.program, "run", "--state", bench.place.state, *bench.where, "--"]
    launcher = launch.Launcher(sandboxes.Sandbox("caisson run", command))
    bodies = {"call": lambda: connection.call("execute_command", argv=["true"]), "run": lambda: succeed(launcher)}
    times, order = {name: [] for name in bodies}, random.Random(1)
    for number in range(-WARM_UP, rounds):
        for name in order.sample(list(bodies), len(bodies)):
            took = timed(bodies[name])
            if number >= 0:
                times[name].append(took)
            # The kernel cleans up after the end.
            time.sleep(0.003)
    return [times[name] for name in bodies]


def reads(connection, rounds):
    """Milliseconds of `read_output` at any place of a task's output of 1 GiB, of its last lines, and of what follows."""
    task = connection.call("execute_command", argv=["seq", "-w", "1", str(LINES)], timeout_ms=55000)
    while task["status"] == "running":
        task = connection.call("read_output", task_id=task["task_id"], offset=10 * LINES, timeout_ms=55000)
    size = task["output"]["total_bytes"]
    if size != 10 * LINES:
        sys.exit(f"the task printed {size} bytes")
    order = random.Random(1)
    places = [{"offset": order.randrange(size)} for _ in range(rounds)] + [{"tail": 100}] * rounds + [{}] * rounds
    order.shuffle(places)
    return [timed(lambda where=where: connection.call("read_output", task_id=task["task_id"], **where)) for where in places]


def rate(connection):
    """Calls a second with some of them in flight, each of which launches a task."""
    began, sent, answered = time.perf_counter(), 0, 0
    while answered < CALLS:
        while sent < CALLS and sent - answered < IN_FLIGHT:
            connection.begin("execute_command", argv=["true"])
            sent += 1
        connection.result(connection.receive())
        answered += 1
    return CALLS / (time.perf_counter() - began)


def serving(bench):
    """Calls over stdio, against the command line and the bars."""
    rounds = 20 * bench.chosen.rounds
    connection = Connection(bench)
    calls, runs = launches(bench, connection, rounds)
    call, run = statistics.median(calls), statistics.median(runs)
    yield {"what": "execute_command of `true`", "value": f"{call:.2f} ms", "ms": call, "spread": quartiles(calls),
           "peer": f"caisson run -- true: {run:.2f} ms", "ratio": call / run, "bar": "1.3 or less"}
    calls = rate(connection)
    yield {"what": f"calls that launch, {IN_FLIGHT} in flight, {CALLS} in all, no error", "value": f"{calls:.0f} a second",
           "rate": calls, "bar": "120 a second"}
    if not bench.chosen.check:
        took = reads(connection, rounds)
        median = statistics.median(took)
        yield {"what": "read_output of 32 KiB, task with 1 GiB of output", "value": f"{median:.2f} ms", "ms": median,
               "spread": quartiles(took), "peer": f"the slowest of {len(took)}: {max(took):.1f} ms", "bar": "less than 5 ms"}
    connection.close()


def quartiles(times):
    low, _, high = statistics.quantiles(times, n=4)
    return f"{low:.2f} to {high:.2f}"
