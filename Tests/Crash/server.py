"""A client of `caisson mcp` that asks one thing after the other, in the era with a handshake."""
import json
import subprocess

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "crash", "version": "1"}}


def line(method, number=None, **params):
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(message | ({} if number is None else {"id": number})).encode() + b"\n"


def greeting():
    """What a client says first, without waiting for the answer."""
    return line("initialize", 1, **HELLO) + line("notifications/initialized")


def call(number, tool, **arguments):
    return line("tools/call", number, name=tool, arguments=arguments)


class Server:
    def __init__(self, caisson, policy):
        words = ["mcp", "--policy", policy, "--workspace", caisson.workspace]
        self.process = caisson.popen(*words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.number = 1
        self.process.stdin.write(greeting())
        self.answer()

    def answer(self):
        self.process.stdin.flush()
        while True:
            message = json.loads(self.process.stdout.readline())
            if message.get("id") == self.number:
                return message["result"]

    def call(self, tool, **arguments):
        """What the tool says, in its structured form."""
        self.number += 1
        self.process.stdin.write(call(self.number, tool, **arguments))
        return self.answer()["structuredContent"]
