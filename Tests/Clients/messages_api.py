"""A stand-in for the Messages API on loopback: it plays a script, one turn an answer, and keeps what it was sent.

A turn is text, or the use of a tool as (NAME, INPUT), or a list of both, or a function of this object that gives one of
these, or an HTTP status. Requests without tools, such as those for a title, get a word and use up no turn.
"""

import http.server
import itertools
import json
import threading

FAILURE = b'{"type":"error","error":{"type":"some_error","message":"the stand-in says no"}}'


class MessagesAPI:
    """A running server; use it with `with`."""

    def __init__(self, *turns, port=0):
        self.turns = list(turns)
        self.requests = []
        self.others = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                api.answer(self, body)

            def do_HEAD(self):
                api.nothing(self)

            do_GET = do_HEAD

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    # --- what it was sent

    @property
    def conversation(self):
        """Every message of the last request, as (role, content)."""
        return [(message["role"], message["content"]) for message in self.requests[-1]["body"]["messages"]]

    @property
    def tool_results(self):
        """Every tool_result of the last request in order."""
        blocks = (block for _, content in self.conversation if isinstance(content, list) for block in content)
        return [block for block in blocks if block["type"] == "tool_result"]

    def result_text(self, number):
        """The text of a tool_result."""
        content = self.tool_results[number].get("content", "")
        return content if isinstance(content, str) else "\n".join(block.get("text", "") for block in content)

    @property
    def tools(self):
        """The tools that the first request offers, by name."""
        return {tool["name"]: tool for tool in self.requests[0]["body"].get("tools", [])}

    # --- what it says

    def nothing(self, handler):
        with self._lock:
            self.others.append((handler.command, handler.path))
        self.send(handler, 404, "application/json", FAILURE)

    def answer(self, handler, body):
        if handler.path.split("?")[0] != "/v1/messages":
            return self.nothing(handler)
        request = json.loads(body)
        with self._lock:
            blocks = self.next_turn(handler, request)
        if isinstance(blocks[0], int):
            return self.send(handler, blocks[0], "application/json", FAILURE)
        self.send(handler, 200, "text/event-stream", b"".join(map(event, self.stream(request, blocks))))

    def next_turn(self, handler, request):
        if not request.get("tools"):
            self.others.append((handler.command, handler.path))
            return ["title"]
        kept = {"headers": {name.lower(): value for name, value in handler.headers.items()}, "body": request}
        self.requests.append(kept)
        turn = self.turns[len(self.requests) - 1] if len(self.requests) <= len(self.turns) else "done"
        turn = turn(self) if callable(turn) else turn
        return turn if isinstance(turn, list) else [turn]

    def stream(self, request, blocks):
        uses_tool = any(isinstance(block, tuple) for block in blocks)
        usage = {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        message = {
            "id": f"msg_{next(self._numbers)}", "type": "message", "role": "assistant", "model": request["model"],
            "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage,
        }
        yield {"type": "message_start", "message": message}
        for index, block in enumerate(blocks):
            yield from self.block(index, block)
        reason = "tool_use" if uses_tool else "end_turn"
        yield {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage}
        yield {"type": "message_stop"}

    def block(self, index, block):
        if isinstance(block, str):
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block}
        else:
            name, value = block
            start = {"type": "tool_use", "id": f"toolu_{next(self._numbers)}", "name": name, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(value)}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}

    def send(self, handler, status, kind, body):
        handler.send_response(status)
        handler.send_header("content-type", kind)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)


def event(value):
    """A server-sent event."""
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()
