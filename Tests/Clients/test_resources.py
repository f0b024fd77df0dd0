"""Resources: output and state of tasks by name, in both eras."""

import base64
import json

import pytest

import models
import wire

MODERN = models.ERA == "2026-07-28"
UNKNOWN = -32602 if MODERN else -32002
BUDGET = 30 << 10


def uri(task, part, offset=None):
    return f"caisson://tasks/{task}/{part}" + (f"?offset={offset}" if offset is not None else "")


def contents(server, name):
    return server.result("resources/read", {"uri": name})["contents"]


def content(server, name):
    (only,) = contents(server, name)
    assert only["uri"] == name
    return only


def place(entry):
    return entry["_meta"]["caisson/output"]


def error(server, method, **params):
    with pytest.raises(wire.ProtocolError) as failure:
        server.result(method, params)
    return failure.value


def test_output_and_state_of_a_task_are_resources(server):
    task = server.run("sh", "-c", "echo out; echo err >&2; exit 3")["task_id"]
    assert content(server, uri(task, "stdout"))["text"] == "out\n"
    assert content(server, uri(task, "stderr"))["text"] == "err\n"
    status = content(server, uri(task, "status"))
    assert status["mimeType"] == "application/json"
    view = json.loads(status["text"])
    assert view["task_id"] == task and view["exit_code"] == 3 and view["status"] == "exited" and "output" not in view
    # Nobody's place in the output moved.
    assert server.read(task).output == ""


def test_the_list_has_three_of_each_task_and_the_newest_first(serve, own_state):
    server = serve(state=own_state)
    tasks = [server.run("echo", str(number))["task_id"] for number in range(3)]
    listed = server.result("resources/list")["resources"]
    assert [entry["uri"] for entry in listed] == [
        uri(task, part) for task in reversed(tasks) for part in ("stdout", "stderr", "status")
    ]
    assert listed[0]["size"] == 2 and listed[0]["title"] == "stdout: echo 2" and "exited" in listed[0]["description"]
    assert error(server, "resources/list", cursor="none of ours").code == -32602


def test_templates_say_how_they_are_named(server):
    templates = server.result("resources/templates/list")["resourceTemplates"]
    assert [template["uriTemplate"] for template in templates] == [
        uri("{task_id}", part) for part in ("stdout", "stderr", "status")
    ]


def test_long_output_is_cut_and_says_how_to_read_on(server):
    task = server.run("sh", "-c", "seq 1 20000; head -c 5 /dev/zero | tr '\\0' x >&2")["task_id"]
    text, name, reads = "", uri(task, "stdout"), 0
    while True:
        first, *rest = contents(server, name)
        assert first["uri"] == name and len(first["text"]) <= BUDGET
        text += first["text"]
        reads += 1
        if not rest:
            break
        (more,) = rest
        assert place(first)["more"] is True and more["uri"] == uri(task, "stdout", len(text))
        assert more["uri"] in more["text"] and "read_output" in more["text"]
        name = more["uri"]
    assert text == "".join(f"{number}\n" for number in range(1, 20001))
    assert reads == -(-len(text) // BUDGET) and place(first)["more"] is False
    assert contents(server, uri(task, "stdout", len(text) + 1000))[0]["text"] == ""


def test_bytes_that_are_no_text_are_a_blob_and_control_characters_are_made_visible(server):
    task = server.run("printf", r"\377\000ab", timeout_ms=20000)["task_id"]
    entry = content(server, uri(task, "stdout"))
    assert entry["mimeType"] == "application/octet-stream" and base64.b64decode(entry["blob"]) == b"\xff\0ab"
    task = server.run("printf", r"caf\303\251 \033[31m")["task_id"]
    assert content(server, uri(task, "stdout"))["text"] == "café \\x1b[31m"


def test_a_character_is_never_cut_in_two(server):
    task = server.run("sh", "-c", "printf x; i=0; while [ $i -lt 20000 ]; do printf 'é'; i=$((i+1)); done")["task_id"]
    first, more = contents(server, uri(task, "stdout"))
    assert set(first["text"][1:]) == {"é"}
    assert contents(server, more["uri"])[0]["text"] == "é" * (20000 - len(first["text"]) + 1)


def test_a_resource_of_a_task_that_runs_is_read_as_it_is(server):
    task = server.start("sh", "-c", "echo begun; exec sleep 86322")
    server.read(task, offset=0, until="begun", timeout_ms=20000)
    assert content(server, uri(task, "stdout"))["text"] == "begun\n"
    assert json.loads(content(server, uri(task, "status"))["text"])["status"] == "running"
    if MODERN:
        assert server.result("resources/read", {"uri": uri(task, "stdout")})["ttlMs"] == 0


def test_what_is_none_is_an_error_of_the_era_with_its_name(server):
    task = server.run("true")["task_id"]
    for name in ("x", uri(task, "stdin"), uri("0" * 32, "stdout"), uri(task[:8], "stdout"), uri("../tasks", "status")):
        failure = error(server, "resources/read", uri=name)
        assert failure.code == UNKNOWN and failure.data == {"uri": name}
    assert error(server, "resources/read").code == -32602
