"""A client of `caisson mcp` that sends whatever a test wants to send, and checks every message that comes back.

The official clients refuse to send what is wrong and hide what they were sent; this one does neither. It speaks the era of
the `mcp` package that is installed beside it: the modern one (2026-07-28) with mcp 2, the one with a handshake (2025-11-25)
with mcp 1. So every test runs in both eras, and every message is held against that package's models of its version.
"""

import io
import json
import os
import queue
import select
import signal
import subprocess
import threading
import time

import models

# How long a test waits for what should come at once. Generous, because machines are slow at times; nothing waits in vain.
PATIENCE = 30.0

MODERN_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "caisson-tests", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Result:
    """The answer to a call of a tool."""

    def __init__(self, result):
        self.structured = result["structuredContent"]
        self.is_error = result["isError"]
        self.text = "\n".join(block["text"] for block in result["content"] if block["type"] == "text")

    def __getitem__(self, key):
        return self.structured[key]

    def get(self, key, default=None):
        return self.structured.get(key, default)

    @property
    def output(self):
        return self.structured["output"]["text"]

    def __repr__(self):
        return f"Result(is_error={self.is_error}, {json.dumps(self.structured)[:2000]})"


class ProtocolError(Exception):
    """The answer to a call that was malformed."""

    def __init__(self, error):
        super().__init__(json.dumps(error))
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data")


class Server:
    """A running `caisson mcp` and the connection to it."""

    def __init__(self, command, environment, directory, era=models.ERA, log=subprocess.DEVNULL, capabilities=None):
        self.era = era
        self.capabilities = capabilities or {}
        self.process = subprocess.Popen(
            command, env=environment, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0
        )
        self.methods = {}
        self.answers = {}
        self.without_id = queue.Queue()
        self.notifications = []
        self.questions = []
        self.problems = []
        self.schemas = {}
        self._arrived = threading.Condition()
        self._last_id = 0
        self._has_ended = False
        self._stops = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._begin()

    # --- what comes

    def _read(self):
        stream = io.BufferedReader(self.process.stdout, 1 << 20)
        for line in stream:
            if self._stops:
                stream.close()
                break
            try:
                message = models.message(line)
            except Exception as error:  # whatever is wrong with it, the test that caused it says so
                self.problems.append(f"{error}: {line[:500]!r}")
                continue
            if "method" in message and "id" in message:
                self._take_question(message)
                continue
            if "method" in message:
                self._take_notification(message)
                continue
            with self._arrived:
                if message.get("id") is None:
                    self.without_id.put(message)
                elif message["id"] in self.answers:
                    self.problems.append(f"a second answer: {line[:500]!r}")
                else:
                    self.answers[message["id"]] = message
                self._arrived.notify_all()
        with self._arrived:
            self._has_ended = True
            self._arrived.notify_all()

    def stop_reading(self):
        """Nobody reads what the server says from now on, and it is told so."""
        self._stops = True
        self.request("tools/list", {})
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive()

    def _take_notification(self, message):
        try:
            models.check_notification(self.era, message)
        except Exception as error:
            self.problems.append(f"{error}: {json.dumps(message)[:500]}")
        with self._arrived:
            self.notifications.append((time.monotonic(), message["method"], message.get("params", {}), set(self.answers)))
            self._arrived.notify_all()

    def _take_question(self, message):
        """A request of the server, which only a client gets that said it can ask its person."""
        try:
            models.check_question(self.era, message)
        except Exception as error:
            self.problems.append(f"{error}: {json.dumps(message)[:500]}")
        with self._arrived:
            self.questions.append(message)
            self._arrived.notify_all()

    def wait_for_question(self, count=1, timeout=PATIENCE):
        """The so many-th request of the server."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.questions) >= count, timeout), self.questions
            return self.questions[count - 1]

    def notified(self, method):
        """What was told by a method so far: when, its parameters, and which requests had been answered before."""
        with self._arrived:
            return [(when, params, before) for when, name, params, before in self.notifications if name == method]

    def wait_for_notification(self, method, count=1, timeout=PATIENCE):
        """The first notifications of a method, so many."""
        with self._arrived:
            told = lambda: [entry for entry in self.notifications if entry[1] == method]
            assert self._arrived.wait_for(lambda: len(told()) >= count, timeout), f"{len(told())} times {method}"
            return [params for _, _, params, _ in told()[:count]]

    def answer(self, number, timeout=PATIENCE):
        """The answer to a request, checked; TimeoutError if there is none in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: number in self.answers or self._has_ended, timeout)
            if number not in self.answers:
                ended = f" (the server ended with {self.process.poll()})" if self._has_ended else ""
                raise TimeoutError(f"no answer to request {number}{ended}")
            message = self.answers[number]
        method, tool = self.methods.get(number, (None, None))
        try:
            models.check(self.era, method, message, self.schemas.get(tool))
        except Exception as error:
            self.problems.append(f"{method} {tool}: {error}\n{json.dumps(message)[:2000]}")
            raise
        return message

    def has_answer(self, number):
        with self._arrived:
            return number in self.answers

    def error_without_id(self, timeout=PATIENCE):
        """The next error that names no request, because none could be read."""
        message = self.without_id.get(timeout=timeout)
        models.check(self.era, None, message)
        return message["error"]

    # --- what goes

    def send(self, data):
        """Bytes as they are."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.process.stdin.fileno(), view) :]

    def send_message(self, message):
        self.send(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def request(self, method, params=None, number=None):
        """Sends a request and does not wait for its answer."""
        if number is None:
            self._last_id += 1
            number = self._last_id
        params = dict(params or {})
        if self.era == "2026-07-28" and method != "initialize":
            declared = {"io.modelcontextprotocol/clientCapabilities": self.capabilities}
            params["_meta"] = MODERN_META | declared | params.get("_meta", {})
        self.methods[number] = (method, params.get("name"))
        self.send_message({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def notify(self, method, params=None):
        self.send_message({"jsonrpc": "2.0", "method": method, "params": params or {}})

    def result(self, method, params=None, timeout=PATIENCE):
        """Sends a request and waits for what it results in."""
        message = self.answer(self.request(method, params), timeout)
        if "error" in message:
            raise ProtocolError(message["error"])
        return message["result"]

    def begin(self, tool, arguments=None, meta=None, **more):
        """Calls a tool and does not wait."""
        params = {"name": tool, "arguments": (arguments or {}) | more}
        if meta:
            params["_meta"] = meta
        return self.request("tools/call", params)

    def finish(self, number, timeout=PATIENCE):
        message = self.answer(number, timeout)
        if "error" in message:
            raise ProtocolError(message["error"])
        return Result(message["result"])

    def call(self, tool, arguments=None, *, meta=None, timeout=PATIENCE, **more):
        """Calls a tool and waits for its answer."""
        return self.finish(self.begin(tool, arguments, meta, **more), timeout)

    def run(self, *argv, **more):
        """execute_command with argv."""
        return self.call("execute_command", argv=list(argv), **more)

    def command(self, line, **more):
        """execute_command with a command string."""
        return self.call("execute_command", command=line, **more)

    def start(self, *argv, **more):
        """execute_command that does not wait: the task's id."""
        result = self.run(*argv, wait=False, **more)
        assert not result.is_error, result
        return result["task_id"]

    def read(self, task, **more):
        return self.call("read_output", task_id=task, **more)

    def read_all(self, task, seconds=PATIENCE, **more):
        """Reads a task from where the last read ended to its end: all text, and the last answer."""
        text, until = "", time.monotonic() + seconds
        while time.monotonic() < until:
            result = self.read(task, timeout_ms=5000, **more)
            text += result.output
            if result["status"] != "running" and not result["output"]["more"]:
                return text, result
        raise TimeoutError(f"task {task} has not ended: {text[-500:]!r}")

    def end(self, task, **more):
        return self.call("force_terminate", task_id=task, **more)

    # --- beginning and end

    def _begin(self):
        if self.era == "2026-07-28":
            self.greeting = self.result("server/discover")
        else:
            hello = {
                "protocolVersion": self.era,
                "capabilities": self.capabilities,
                "clientInfo": {"name": "caisson-tests", "version": "1"},
            }
            self.greeting = self.result("initialize", hello)
            self.notify("notifications/initialized")
        self.tools = {tool["name"]: tool for tool in self.result("tools/list")["tools"]}
        self.schemas = {name: models.compiled(tool["outputSchema"]) for name, tool in self.tools.items()}

    def close(self, seconds=PATIENCE):
        """Ends the input, as a client does that leaves. How long the server took, and its exit code."""
        begun = time.monotonic()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return time.monotonic() - begun, code

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def dispose(self):
        """At the end of a test, whatever state it left: ends the server and says what was wrong with its messages."""
        if self.process.poll() is None:
            try:
                self.close(10)
            except subprocess.TimeoutExpired:
                self.kill()
                self.problems.append("the server did not end with its input")
        self.process.stdin.close()
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        return self.problems

    def can_write(self, seconds):
        """Whether the server takes something more from us within a time."""
        return bool(select.select([], [self.process.stdin], [], seconds)[1])
