"""A client of Caisson's MCP server that waits for no answer for ever."""
import contextlib
import json
import subprocess
import threading

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "attack", "version": "1"}}


class Client:
    """A server and the way to it. After some seconds the server is killed: then nothing is sent and answered any more."""

    def __init__(self, place, system, policy, *options, seconds=60):
        words = [system.program, "mcp", "--state", place.state, "--policy", policy, "--workspace", place.workspace, *options]
        self.server = subprocess.Popen(words, env=place.variables(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.limit = threading.Timer(seconds, self.server.kill)
        self.limit.start()
        self.number = 0

    def __enter__(self):
        self.ask("initialize", HELLO)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BrokenPipeError):
            self.server.stdin.close()
        # The input's end is its end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(5)
        self.limit.cancel()
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    def send(self, line):
        """Any bytes as a line."""
        with contextlib.suppress(BrokenPipeError):
            self.server.stdin.write(line + b"\n")
            self.server.stdin.flush()

    def ask(self, method, params):
        """The answer, or None where the server is gone."""
        self.number += 1
        # Numbers that are in no line of an attack.
        number = 1_000_000 + self.number
        self.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())
        while line := self.server.stdout.readline():
            message = json.loads(line)
            if message.get("id") == number:
                return message
        return None

    def call(self, **arguments):
        """The tool that starts commands."""
        return self.ask("tools/call", {"name": "execute_command", "arguments": arguments})
