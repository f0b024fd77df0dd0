"""The log and completion: what a client is told only if it asks for it, in both eras."""

import pytest

import host
import models
import wire

MODERN = models.ERA == "2026-07-28"
MESSAGE = "notifications/message"
LEVEL = "io.modelcontextprotocol/logLevel"


def asked(server, level):
    """The `_meta` of requests that want to find this in the log; a client of a handshake says it once."""
    if MODERN:
        return {LEVEL: level}
    assert server.result("logging/setLevel", {"level": level}) == {}
    return None


def events(server):
    return [params["data"]["event"] for _, params, _ in server.notified(MESSAGE)]


def test_start_relaxations_and_end_of_a_task_are_in_the_log(server):
    call = server.begin("execute_command", argv=["sh", "-c", "sleep 0.3; exit 3"], meta=asked(server, "info"))
    task = server.finish(call)["task_id"]
    told = server.wait_for_notification(MESSAGE, 3)
    assert [entry["data"]["event"] for entry in told] == ["start", "relaxation", "end"]
    start, relaxation, end = (entry["data"] for entry in told)
    assert [entry["level"] for entry in told] == ["info", "notice", "info"]
    assert start["task_id"] == relaxation["task_id"] == end["task_id"] == task
    assert "sleep 0.3" in start["message"] and "commands.allow_all" in relaxation["message"]
    assert end["status"] == "exited" and end["exit_code"] == 3
    if MODERN:  # only while the request is open
        assert all(call not in answered for _, _, answered in server.notified(MESSAGE))


def test_a_refusal_is_a_warning(serve):
    server = serve("list")
    assert server.run("touch", "x", meta=asked(server, "warning")).is_error
    (entry,) = server.wait_for_notification(MESSAGE)
    assert entry["level"] == "warning" and entry["data"]["event"] == "refusal"
    assert "touch" in entry["data"]["message"] and entry["data"]["cause"] == "commands"
    server.run("echo", "x", meta=asked(server, "warning"))
    assert events(server) == ["refusal"]


def test_nothing_is_in_the_log_that_nobody_asked_for(serve):
    server = serve("list")
    server.run("touch", "x")
    server.run("echo", "x")
    assert server.call("list_sessions")["sessions"]
    assert server.notified(MESSAGE) == []


def test_the_end_of_a_task_that_outlives_its_call_is_told_to_a_client_of_a_handshake(server):
    task = server.run("sleep", "86351", wait=False, meta=asked(server, "info"))["task_id"]
    server.end(task, grace_ms=0)
    if MODERN:  # where nothing is told but for an open request
        assert "end" not in events(server)
        return
    host.wait_until(lambda: "end" in events(server), 20)
    assert server.notified(MESSAGE)[-1][1]["data"]["status"] == "terminated"


def test_a_level_that_is_none_is_an_invalid_parameter(server):
    with pytest.raises(wire.ProtocolError) as failure:
        if MODERN:
            server.call("list_sessions", meta={LEVEL: "loud"})
        else:
            server.result("logging/setLevel", {"level": "loud"})
    assert failure.value.code == -32602


# --- Completion

def complete(server, reference, name, value):
    return server.result("completion/complete", {"ref": reference, "argument": {"name": name, "value": value}})["completion"]


TEMPLATE = {"type": "ref/resource", "uri": "caisson://tasks/{task_id}/stdout"}


def test_ids_of_tasks_are_completed_the_newest_first(serve, own_state):
    server = serve(state=own_state)
    tasks = [server.run("true")["task_id"] for _ in range(3)]
    assert complete(server, TEMPLATE, "task_id", "") == {"values": tasks[::-1], "total": 3, "hasMore": False}
    assert complete(server, TEMPLATE, "task_id", tasks[0][:12])["values"] == [tasks[0]]
    assert complete(server, TEMPLATE, "task_id", "x")["values"] == []


def test_commands_of_a_prompt_are_those_of_the_policy(serve):
    server = serve("list")
    prompt = {"type": "ref/prompt", "name": "run_and_watch"}
    assert complete(server, prompt, "command", "c")["values"] == ["cat", "cp"]
    assert complete(server, prompt, "cwd", "c")["values"] == []
    with pytest.raises(wire.ProtocolError) as failure:
        complete(server, prompt, "other", "")
    assert failure.value.code == -32602
