"""Whatever a client sends: a clear error of its own, nothing left behind, and the server goes on."""

import json
import os
import shutil
import subprocess
import time

import pytest

import host
import models
import wire


@pytest.fixture
def goes_on(server, workspace):
    """After the test the server still answers, and nothing was made in the workspace."""
    yield
    assert server.run("echo", "x").output == "x\n"


def line(value):
    return json.dumps(value).encode() + b"\n"


# --- Lines that are no message

@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        pytest.param(b"hello\n", -32700, "not JSON", id="a word"),
        pytest.param(b"{\n", -32700, "not JSON", id="half an object"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping"\n', -32700, "not JSON", id="without its end"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping"} x\n', -32700, "not JSON", id="something after it"),
        pytest.param(b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}\n', -32700, "not JSON", id="NaN"),
        pytest.param(b"{'jsonrpc':'2.0'}\n", -32700, "not JSON", id="single quotes"),
        pytest.param(b'\xff\xfe{"jsonrpc":"2.0"}\n', -32700, "not JSON", id="invalid UTF-8"),
        pytest.param(b'{"jsonrpc":"2.0","id":"\xc3(","method":"ping"}\n', -32700, "UTF-8", id="invalid UTF-8 in a string"),
        pytest.param(b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}\n', -32700, "surrogate", id="half a surrogate pair"),
        pytest.param(b"\x00\n", -32700, "not JSON", id="NUL"),
        pytest.param(b"[" * 100_000 + b"\n", -32700, "beyond 64", id="deep nesting"),
        pytest.param(b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\n", -32700, "beyond 64", id="deep nesting that is closed"),
        pytest.param(b'{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}\n', -32700, "named twice", id="duplicate keys"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1,"\\u0061":2}}\n', -32700, "named twice", id="duplicate keys, escaped"),
        pytest.param(b"[]\n", -32600, "batch", id="an empty batch"),
        pytest.param(line([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]), -32600, "batch", id="a batch"),
        pytest.param(b"1\n", -32600, "object", id="a number"),
        pytest.param(b"null\n", -32600, "object", id="null"),
        pytest.param(line({"id": None, "method": "ping"}), -32600, "jsonrpc", id="no version"),
        pytest.param(line({"jsonrpc": "1.0", "method": "ping"}), -32600, "jsonrpc", id="another version"),
        pytest.param(line({"jsonrpc": "2.0", "id": None, "method": "ping"}), -32600, "id", id="id null"),
        pytest.param(line({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}), -32600, "id", id="id with a fraction"),
        pytest.param(line({"jsonrpc": "2.0", "id": {}, "method": "ping"}), -32600, "id", id="id an object"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_message(server, goes_on, data, code, word):
    server.send(data)
    error = server.error_without_id()
    assert error["code"] == code and word in error["message"]
    assert len(error["message"]) < 300


@pytest.mark.parametrize(
    ("message", "code", "word"),
    [
        ({"method": 5}, -32600, "method"),
        ({}, -32600, "method"),
        ({"method": "ping", "params": "x"}, -32600, "params"),
        ({"method": "ping", "params": [1]}, -32602, "names"),
        ({"method": "nothing/there"}, -32601, "nothing/there"),
        ({"method": "tools/call", "params": {}}, -32602, "name"),
        ({"method": "tools/call", "params": {"name": 5}}, -32602, "name"),
        ({"method": "tools/call", "params": {"name": "execute_command", "arguments": []}}, -32602, "arguments"),
        ({"method": "tools/call", "params": {"name": "execute_command", "arguments": None}}, -32602, "arguments"),
        ({"method": "tools/call", "params": {"name": "execute_commands"}}, -32602, "execute_commands"),
        ({"method": "tools/call", "params": {"name": "Execute_Command"}}, -32602, "tool"),
        ({"method": "tools/list", "params": {"cursor": "x"}}, -32602, "cursor"),
        ({"method": "\x1b[31mevil\n" * 50}, -32601, "method"),
    ],
)
def test_a_request_that_is_malformed(server, goes_on, message, code, word):
    if isinstance(params := message.get("params", {}), dict) and server.era == "2026-07-28":
        message = message | {"params": params | {"_meta": wire.MODERN_META}}
    server.send_message({"jsonrpc": "2.0", "id": "bad"} | message)
    answer = server.answer("bad")
    assert answer["error"]["code"] == code and word in answer["error"]["message"]
    assert len(answer["error"]["message"]) < 300


def test_answers_and_unknown_notifications_are_left_alone(server, goes_on):
    server.send_message({"jsonrpc": "2.0", "id": 77, "result": {}})
    server.notify("notifications/nothing")
    server.notify("notifications/cancelled", {"requestId": 12345})
    server.notify("notifications/cancelled", {"requestId": {}})
    server.send(b"\n   \n\t\r\n")
    assert server.run("echo", "x").output == "x\n"
    assert server.without_id.empty() and not server.has_answer(77)


def test_a_windows_line_end_is_a_line_end(server):
    meta = {"_meta": wire.MODERN_META} if server.era == "2026-07-28" else {}
    server.methods["crlf"] = ("tools/list", None)
    message = {"jsonrpc": "2.0", "id": "crlf", "method": "tools/list", "params": meta}
    server.send(json.dumps(message).encode() + b"\r\n")
    assert "result" in server.answer("crlf")


# --- Arguments

@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("execute_command", {}, ["command", "argv"]),
        ("execute_command", {"command": "ls", "argv": ["ls"]}, ["only one", "command", "argv"]),
        ("execute_command", {"command": 5}, ['"command"', "string", "5"]),
        ("execute_command", {"command": ""}, ['"command"', "empty"]),
        ("execute_command", {"command": "a\0b"}, ['"command"', "NUL"]),
        ("execute_command", {"command": "   "}, ["command"]),
        ("execute_command", {"argv": "ls"}, ['"argv"', "list"]),
        ("execute_command", {"argv": []}, ['"argv"', "list"]),
        ("execute_command", {"argv": ["ls", 5]}, ['"argv"', "strings"]),
        ("execute_command", {"argv": ["", "x"]}, ['"argv"']),
        ("execute_command", {"argv": ["ls", "a\0b"]}, ['"argv"', "NUL"]),
        ("execute_command", {"comand": "ls"}, ['"comand"', 'did you mean "command"']),
        ("execute_command", {"command": "ls", "timeout": 5}, ['"timeout"', 'did you mean "timeout_ms"']),
        ("execute_command", {"command": "ls", "timeoutMs": 5}, ['"timeoutMs"', 'did you mean "timeout_ms"']),
        ("execute_command", {"command": "ls", "zzz": 5}, ['"zzz"', "there are", "merge_stderr"]),
        ("execute_command", {"command": "ls", "wait": "no"}, ['"wait"', "true or false", "no"]),
        ("execute_command", {"command": "ls", "timeout_ms": "1000"}, ['"timeout_ms"', "integer", "1000"]),
        ("execute_command", {"command": "ls", "timeout_ms": -1}, ['"timeout_ms"', "-1"]),
        ("execute_command", {"command": "ls", "timeout_ms": 1e300}, ['"timeout_ms"']),
        ("execute_command", {"command": "ls", "cwd": 5}, ['"cwd"']),
        ("execute_command", {"command": "ls", "stdin": ["x"]}, ['"stdin"', "string"]),
        ("execute_command", {"command": "ls", "merge_stderr": 1}, ['"merge_stderr"']),
        ("read_output", {}, ["task_id", "pid"]),
        ("read_output", {"task_id": "x", "pid": 5}, ["only one"]),
        ("read_output", {"taskId": "x"}, ['"taskId"', 'did you mean "task_id"']),
        ("read_output", {"task_id": "x"}, ["task", "x"]),
        ("read_output", {"task_id": "0" * 32}, ["0" * 8]),
        ("read_output", {"task_id": "../../../etc/passwd"}, ["etc"]),
        ("read_output", {"task_id": "\x1b[31m" * 1000}, ["task"]),
        ("read_output", {"pid": 1}, ["pid 1"]),
        ("read_output", {"pid": 0}, ['"pid"', "1 to"]),
        ("read_output", {"pid": "12"}, ['"pid"']),
        ("read_output", {"task_id": "{task}", "offset": -1}, ['"offset"']),
        ("read_output", {"task_id": "{task}", "offset": 1, "tail": 1}, ["only one", "offset", "tail"]),
        ("read_output", {"task_id": "{task}", "max_bytes": 0}, ['"max_bytes"', "1048576"]),
        ("read_output", {"task_id": "{task}", "stream": "stdin"}, ['"stream"', "stdout", "both"]),
        ("read_output", {"task_id": "{task}", "encoding": "utf-16"}, ['"encoding"', "base64"]),
        ("read_output", {"task_id": "{task}", "until": "("}, ["until"]),
        ("read_output", {"task_id": "{task}", "until": "x" * 1001}, ['"until"', "1000"]),
        ("force_terminate", {}, ["task_id", "pid"]),
        ("force_terminate", {"task_id": "f" * 32}, ["f" * 8]),
        ("force_terminate", {"task_id": "{task}", "signal": "STOP"}, ['"signal"', "TERM"]),
        ("force_terminate", {"task_id": "{task}", "grace_ms": 10**9}, ['"grace_ms"', "40000"]),
        ("list_sessions", {"status": "alive"}, ['"status"', "running"]),
        ("list_sessions", {"limit": 0}, ['"limit"', "1000"]),
        ("list_sessions", {"cursor": "nonsense"}, ["cursor"]),
        ("explain_policy", {}, ["command", "argv"]),
        ("explain_policy", {"argv": ["ls"], "policy": "open"}, ['"policy"']),
        ("claude_code", {}, ['"prompt"', "missing"]),
        ("claude_code", {"prompt": "x", "workfolder": "."}, ['did you mean "workFolder"']),
    ],
)
def test_an_argument_that_can_not_be_meant_is_a_result_that_says_what_would_be_right(server, goes_on, tool, arguments, words):
    if arguments.get("task_id") == "{task}":
        arguments = arguments | {"task_id": server.run("true")["task_id"]}
    result = server.call(tool, arguments)
    assert result.is_error
    for word in words:
        assert word in result["reason"], result["reason"]
    assert len(result["reason"]) < 600 and "task_id" not in result.structured


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["no-such-program-anywhere"], ["no-such-program-anywhere"]),
        (["/etc"], ["directory"]),
        (["/etc/hostname-that-is-not-there"], ["hostname"]),
        (["./plain"], ["execute permission"]),
        (["./script"], ["interpreter", "no-such-interpreter"]),
        (["./loop"], ["symbolic links"]),
        (["x" * 5000], ["x"]),
        (["/dev/null"], ["regular file"]),
    ],
)
def test_a_program_that_can_not_be_started(server, goes_on, workspace, argv, words):
    (workspace / "plain").write_text("#!/bin/sh\n")
    (workspace / "script").write_text("#!/no-such-interpreter -x\n")
    (workspace / "script").chmod(0o755)
    (workspace / "loop").symlink_to("loop")
    result = server.run(*argv)
    assert result.is_error and result["status"] in ("refused", "failed_to_start")
    for word in words:
        assert word in result["reason"]
    assert len(result["reason"]) < 1000


def test_an_argument_list_that_the_kernel_does_not_take(server, goes_on):
    for argv in (["echo", "x" * 3_000_000], ["echo", *["x" * 1000] * 5000]):
        result = server.run(*argv)
        assert result.is_error and result["status"] in ("refused", "failed_to_start"), result
        assert "E2BIG" in result["reason"] or "long" in result["reason"]


def test_stdin_beyond_what_can_be_handed_over(server, goes_on):
    result = server.run("cat", stdin="x" * 3_000_000)
    assert result.is_error and "1048576" in result["reason"] and result["end"]["cause"] == "stdin"


# --- Size and pace

def test_a_line_of_20_mib_is_refused_and_forgotten(server, goes_on):
    before = memory(server.process.pid)
    server.send(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' + b"x" * (20 << 20) + b'"}}\n')
    error = server.error_without_id(60)
    assert error["code"] == -32600 and "16777216" in error["message"]
    assert memory(server.process.pid) - before < 64 << 20


def test_a_line_without_end_does_not_fill_the_memory(server, goes_on):
    before = memory(server.process.pid)
    for _ in range(64):
        server.send(b"x" * (1 << 20))
    assert memory(server.process.pid) - before < 64 << 20
    server.send(b"\n")
    assert server.error_without_id(60)["code"] == -32600


def test_a_large_request_is_no_problem(server):
    argv = ["echo", *["word"] * 20_000]
    assert server.run(*argv)["output"]["total_bytes"] == 100_000


def test_a_client_that_never_reads_is_not_served_without_end(serve, environment):
    """What waits for the client is bounded: the server stops reading, and its memory stays where it is."""
    task = serve().run("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x", timeout_ms=50_000)["task_id"]
    params = {"name": "read_output", "arguments": {"task_id": task, "offset": 0, "max_bytes": 1 << 20}}
    request = line({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params | {"_meta": wire.MODERN_META}})
    with subprocess.Popen(
        serve.command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as mute:
        os.set_blocking(mute.stdin.fileno(), False)
        until, sent, peak = time.monotonic() + 30, 0, 0
        stalled = None
        while time.monotonic() < until and (stalled is None or time.monotonic() - stalled < 2):
            try:
                sent += os.write(mute.stdin.fileno(), request.replace(b'"id": 1', b'"id": %d' % (sent + 1)))
                stalled = None
            except BlockingIOError:
                stalled = stalled or time.monotonic()
                time.sleep(0.02)
            peak = max(peak, memory(mute.pid))
        assert stalled, "the server took requests for 30 s that nobody read the answers of"
        assert peak < 128 << 20, f"{peak >> 20} MiB"
        # It goes on as soon as somebody reads.
        received = 0
        while received < 8 << 20:
            received += len(mute.stdout.read(1 << 20))
        mute.kill()


def memory(pid):
    return int(host.status(pid)["VmRSS"].split()[0]) << 10


def test_a_client_that_never_reads_and_leaves_does_not_keep_the_server(serve, environment):
    task = serve().run("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x", timeout_ms=50_000)["task_id"]
    params = {"name": "read_output", "arguments": {"task_id": task, "offset": 0, "max_bytes": 1 << 20}}
    request = line({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params | {"_meta": wire.MODERN_META}})
    with subprocess.Popen(serve.command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as mute:
        mute.stdin.write(request)
        mute.stdin.close()
        assert mute.wait(10) == 0


def test_half_a_line_at_the_end_of_input_is_nobody_s_message(serve, workspace):
    server = serve()
    server.send(b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"execute_command","arguments":{"argv":["touch","made"]}')
    seconds, code = server.close()
    assert code == 0 and seconds < 1
    assert not (workspace / "made").exists() and server.without_id.empty()


def test_an_empty_input_is_an_end(caisson):
    ended = caisson("mcp", "--policy", "open")
    assert (ended.returncode, ended.stdout) == (0, b"")


# --- Many at once

def test_two_hundred_sleeping_calls_do_not_block_a_list(server):
    waiting = [server.begin("execute_command", argv=["sleep", "120"], timeout_ms=55_000) for _ in range(200)]
    # The list is answered after the launches that came before it, and not after their tasks.
    listed = server.call("list_sessions", limit=1000, status="running", timeout=60)
    assert len([one for one in listed["sessions"] if one["argv"] == ["sleep", "120"]]) == 200
    begun = time.monotonic()
    assert not server.call("list_sessions", limit=1).is_error
    assert time.monotonic() - begun < 5
    assert not any(server.has_answer(number) for number in waiting)


def test_an_id_that_is_still_in_use_is_refused(server, goes_on):
    number = server.begin("execute_command", argv=["sleep", "1"])
    server.request("tools/call", {"name": "execute_command", "arguments": {"argv": ["echo", "x"]}}, number=number)
    assert "still open" in server.error_without_id()["message"]
    assert server.finish(number)["argv"] == ["sleep", "1"]


def test_ids_of_both_kinds_are_kept_apart(server):
    answers = {}
    for number in (7777, "7777", "", "ä\u2028", -5, 2**53):
        server.request("tools/call", {"name": "execute_command", "arguments": {"argv": ["echo", repr(number)]}}, number=number)
        answers[number] = server.finish(number).output
    assert all(text == f"{number!r}\n" for number, text in answers.items())


# --- Cancellation and progress

def test_a_cancelled_call_is_not_answered_and_its_task_runs_on(server, workspace):
    number = server.begin("execute_command", argv=["sh", "-c", "sleep 1; touch made"])
    server.notify("notifications/cancelled", {"requestId": number, "reason": "changed my mind"})
    host.wait_until((workspace / "made").exists, 20)
    assert server.run("echo", "x").output == "x\n"
    assert not server.has_answer(number)


def test_the_id_of_a_cancelled_call_can_be_used_again(server):
    number = server.begin("execute_command", argv=["sleep", "1"])
    server.notify("notifications/cancelled", {"requestId": number})
    server.request("tools/call", {"name": "execute_command", "arguments": {"argv": ["echo", "x"]}}, number=number)
    assert server.finish(number).output == "x\n"
    time.sleep(1.5)
    assert server.problems == [], "the cancelled call was answered after all"


@pytest.mark.parametrize("token", ["token", 5, -1, "", "x" * 10_000])
def test_a_progress_token_does_no_harm(server, token):
    assert server.run("echo", "x", meta={"progressToken": token}).output == "x\n"
    assert server.without_id.empty()


def test_a_progress_token_that_is_none_is_an_error(server, goes_on):
    with pytest.raises(wire.ProtocolError) as failure:
        server.run("echo", "x", meta={"progressToken": {}})
    assert failure.value.code == -32602 and "progressToken" in failure.value.message


# --- Streams that somebody else left in a strange state

@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_streams_that_are_non_blocking_lose_no_byte_and_end_no_server(serve, environment, tmp_path):
    """O_NONBLOCK belongs to the open file, and whoever shares it may set it and may take what poll(2) has promised."""
    pipes = tmp_path / "in", tmp_path / "out"
    for path in pipes:
        os.mkfifo(path)
    # Every other read and write finds that it would have to wait.
    busy = ["strace", "-f", "-qq", "-o", "/dev/null", *(f"-P{path}" for path in pipes), "-e", "inject=read,write:error=EAGAIN:when=1+2"]
    reading, ours = (os.open(path, os.O_RDONLY | os.O_NONBLOCK) for path in pipes)
    writing = os.open(pipes[1], os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(ours, True)
    with open(pipes[0], "wb", buffering=0) as questions, os.fdopen(ours, "rb") as answers:
        server = subprocess.Popen([*busy, *serve.command()], env=environment, stdin=reading, stdout=writing)
        os.close(reading)
        os.close(writing)
        messages = [hello("2025-11-25")] + [{"method": "tools/list"}] * 20
        for number, message in enumerate(messages):
            questions.write(line({"jsonrpc": "2.0", "id": number} | message))
        got = [models.message(answers.readline()) for _ in messages]
        questions.close()
        assert answers.read() == b""
    assert [answer["id"] for answer in got] == list(range(21)) and all("result" in answer for answer in got)
    assert server.wait(10) == 0


# --- The beginning of a conversation

@pytest.fixture
def stranger(serve, environment):
    """A server to which nothing has been said: stranger(MESSAGE...) gives its answers, one for each line."""

    def ask(*messages):
        data = b"".join(line({"jsonrpc": "2.0", "id": number} | message) for number, message in enumerate(messages))
        with subprocess.Popen(serve.command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            server.stdin.write(data)
            server.stdin.flush()
            answers = [models.message(server.stdout.readline()) for _ in messages]
            rest, _ = server.communicate(timeout=10)
        assert rest == b"" and server.returncode == 0
        for answer in answers:
            if "error" in answer:
                models.check(models.ERA, None, answer)
        return sorted(answers, key=lambda answer: answer["id"])

    return ask


def hello(version):
    return {"method": "initialize", "params": {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25"),
    ],
)  # fmt: skip
def test_a_handshake_gives_the_version_that_was_asked_for_or_the_newest_with_one(stranger, asked, given):
    answer, listed, result = stranger(
        hello(asked), {"method": "tools/list"},
        {"method": "tools/call", "params": {"name": "execute_command", "arguments": {"argv": ["echo", "x"], "wait": False}}},
    )  # fmt: skip
    assert answer["result"]["protocolVersion"] == given
    models.check_result("2025-11-25", "initialize", answer["result"])
    models.check_result("2025-11-25", "tools/list", listed["result"])
    models.check_result("2025-11-25", "tools/call", result["result"])
    assert ("structuredContent" in result["result"]) == (given >= "2025-06-18")
    assert ("outputSchema" in listed["result"]["tools"][0]) == (given >= "2025-06-18")
    assert "resultType" not in answer["result"]


def test_a_request_before_the_handshake_is_refused_and_a_ping_is_not(stranger):
    refused, ping = stranger({"method": "tools/list"}, {"method": "ping"})
    assert refused["error"]["code"] == -32602 and "initialize" in refused["error"]["message"]
    assert ping["result"] == {}


def test_an_unknown_modern_version_is_answered_with_those_that_are_known(stranger):
    meta = wire.MODERN_META | {"io.modelcontextprotocol/protocolVersion": "2027-01-01"}
    (answer,) = stranger({"method": "server/discover", "params": {"_meta": meta}})
    assert answer["error"]["code"] == -32022
    assert "2026-07-28" in answer["error"]["data"]["supported"] and answer["error"]["data"]["requested"] == "2027-01-01"


def test_both_eras_can_be_mixed_on_one_connection(stranger):
    modern = {"method": "tools/list", "params": {"_meta": wire.MODERN_META}}
    first, _, legacy, second = stranger(modern, hello("2025-11-25"), {"method": "tools/list"}, modern)
    assert first["result"]["resultType"] == second["result"]["resultType"] == "complete"
    assert "resultType" not in legacy["result"]
    assert first["result"]["tools"] == second["result"]["tools"], "tools/list does not depend on the connection"


def test_a_discovery_without_its_fields_is_an_error_that_means_legacy_to_clients(stranger):
    (answer,) = stranger({"method": "server/discover"})
    assert answer["error"]["code"] == -32602
