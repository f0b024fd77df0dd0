#!/usr/bin/env python3
"""Shows Caisson at work over MCP: a real build in a sandbox, an endless task and its end, two refusals.

usage: demo.py BINDIR

It speaks to `caisson mcp` as an agent's host does, one JSON message a line, with nothing but Python's standard library.
The exit code is 0 only if everything went as shown.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 120

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "demo", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Surprise(Exception):
    """Something did not go as it should have."""


def expect(condition, what):
    if not condition:
        raise Surprise(what)


# --- Output

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def styled(text, code):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


class Steps:
    """One line a step, with the time since the last one."""

    def __init__(self):
        self.number = 0
        self.begun = time.monotonic()

    def done(self, title, text):
        now = time.monotonic()
        self.number += 1
        time_text = f"{(now - self.begun) * 1000:,.0f} ms"
        self.begun = now
        print(f"{styled(f'{self.number}. {title:<11}', 1)} {time_text:>9}   {text}", flush=True)

    @staticmethod
    def more(text):
        for line in text.rstrip("\n").splitlines():
            print(f"{'':27}{styled('| ' + line, 2)}", flush=True)


# --- The client

class Server:
    """`caisson mcp` and the connection to it."""

    def __init__(self, program, policy, workspace, environment):
        self.process = subprocess.Popen(
            [program, "mcp", "--policy", policy, "--workspace", workspace],
            cwd=workspace, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.calls = 0

    def request(self, method, **params):
        self.calls += 1
        message = {"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params | {"_meta": META}}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        expect(line, f"the server ended with exit code {self.process.poll()}")
        answer = json.loads(line)
        expect("result" in answer, f"{method}: {answer.get('error', {}).get('message')}")
        return answer["result"]

    def call(self, tool, **arguments):
        """A tool's structured answer, with `isError` in it."""
        result = self.request("tools/call", name=tool, arguments=arguments)
        return result["structuredContent"] | {"isError": result["isError"]}

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(10)


def end_tasks(server):
    """Whatever went wrong before: no task outlives the demonstration."""
    for task in server.call("list_sessions", status="running")["sessions"]:
        server.call("force_terminate", task_id=task["task_id"], signal="KILL")


# --- What is shown

def greet(server, steps):
    hello = server.request("server/discover")
    tools = [tool["name"] for tool in server.request("tools/list")["tools"]]
    info = hello["_meta"]["io.modelcontextprotocol/serverInfo"]
    steps.done("connect", f"{info['name']} {info['version']}, MCP {hello['supportedVersions'][0]}; tools: {', '.join(tools)}")


def build(server, steps, workspace):
    task = server.call("execute_command", argv=["make", "-j2", "all", "test"], wait=False)
    expect(not task["isError"], task.get("reason", "make did not start"))
    steps.done("start", f"make -j2 all test: task {task['task_id'][:12]}, and the call is back while it runs")
    text, reads = task["output"]["text"], 0
    deadline = time.monotonic() + PATIENCE
    while task["status"] == "running" or task["output"]["more"]:
        expect(time.monotonic() < deadline, f"make has not ended in {PATIENCE} s")
        task = server.call("read_output", task_id=task["task_id"], timeout_ms=10_000)
        text, reads = text + task["output"]["text"], reads + 1
    lines = text.splitlines()
    steps.done("follow", f"{reads} calls of read_output gave {len(text.encode())} bytes, none twice, none lost:")
    steps.more("\n".join(lines if len(lines) <= 6 else [*lines[:2], f"... {len(lines) - 5} more lines", *lines[-3:]]))
    expect(task["status"] == "exited" and task["exit_code"] == 0, f"make: {task['status']} {task.get('reason', '')}")
    made = workspace / "build" / "pack"
    expect(made.is_file(), f"{made} was not built")
    owner = "yours" if made.stat().st_uid == os.getuid() else f"uid {made.stat().st_uid}'s"
    steps.done("result", f"exit code 0; build/pack is on the disk, {made.stat().st_size} bytes, and it is {owner}")


def endless(server, steps):
    task = server.call("execute_command", argv=["sh", "-c", "trap '' TERM; yes > /dev/null & sleep 1000"], wait=False)
    expect(task["status"] == "running", task.get("reason", "the endless task does not run"))
    sessions = server.call("list_sessions")["sessions"]
    words = [f"{' '.join(one['argv'])[:24]} ({one['status']})" for one in sessions]
    steps.done("list", f"{len(sessions)} sessions: {', '.join(words)}")
    expect({one["status"] for one in sessions} == {"running", "exited"}, "the list is wrong")
    end = server.call("force_terminate", task_id=task["task_id"], grace_ms=200)
    expect(end["status"] == "terminated", f"the task is {end['status']}: {end.get('reason', '')}")
    proof = end["end"]["proof"]
    expect(not os.path.exists(f"/proc/{task['pid']}"), "the process is still there")
    word = {"init_reaped": "its namespace has no process left", "cgroup_empty": "its cgroup has no process left"}
    killed = "" if proof["killed"] is None else f", {proof['killed']} killed after the grace"
    steps.done("terminate", f"it ignored TERM for 200 ms; proof: {word.get(proof['kind'], proof['kind'])}{killed}")


def refusals(server, steps):
    refused = server.call("execute_command", argv=["su", "-c", "id"])
    expect(refused["isError"] and refused["status"] in ("refused", "failed_to_start"), "su was not refused")
    steps.done("refused", "su -c id, before anything was started:")
    steps.more(refused["reason"])
    stopped = server.call("execute_command", argv=["sh", "-c", "echo now as a shell script; su -c id"])
    expect(stopped["isError"] and stopped["status"] == "exited", "su was started by a shell")
    expect(stopped.get("reason"), "nothing says why su did not start")
    steps.done("stopped", f"the same inside of a shell, by the kernel: exit code {stopped['exit_code']}")
    steps.more(stopped["output"]["text"] + stopped["reason"])


def show(program, workspace, environment):
    steps = Steps()
    server = Server(program, "build", workspace, environment)
    try:
        greet(server, steps)
        build(server, steps, workspace)
        endless(server, steps)
        refusals(server, steps)
    finally:
        if server.process.poll() is None:
            end_tasks(server)
        server.close()


def next_steps(program):
    print(f"""
What to try next:
  scripts/run run -- ls -l                       one command in a sandbox
  scripts/run doctor                             what this host can enforce, and how to get the rest
  scripts/run policy explain -- git push         why something is allowed or refused
  scripts/test                                   every test
  claude mcp add caisson -- {program} mcp
                                                 Claude Code works with it, in the directory where it is started""")


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    program = pathlib.Path(sys.argv[1]).resolve() / "caisson"
    base = pathlib.Path(tempfile.mkdtemp(prefix="caisson-demo-")).resolve()
    try:
        workspace = base / "c-project"
        shutil.copytree(REPOSITORY / "Tests/Data/c-project", workspace, ignore=shutil.ignore_patterns("build"))
        print(f"A C project is built in a sandbox, over MCP, under the policy `build`: {workspace}")
        print("(The first start looks at every program of this machine, which takes some seconds.)\n", flush=True)
        show(program, workspace, os.environ | {"CAISSON_STATE": str(base / "state")})
    except (Surprise, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"demo.py: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"demo.py: `{program} doctor` says what this host can enforce", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(base, ignore_errors=True)
    next_steps(program)
    return 0


if __name__ == "__main__":
    sys.exit(main())
