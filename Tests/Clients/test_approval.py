"""`commands.ask` over MCP: a person at the client approves one start of one command, in both eras, and nobody else can."""

import json
import os
import time

import pytest

import host
import models
import policies
import wire

pytestmark = pytest.mark.claim("S-47")

MODERN = models.ERA == "2026-07-28"
FORMS = {"elicitation": {}}
YES = {"action": "accept", "content": {"approve": True}}
NO = {"action": "accept", "content": {"approve": False}}


@pytest.fixture
def canary(workspace):
    return workspace / "canary"


@pytest.fixture
def server(serve):
    """A server whose client can ask a person."""
    return serve("asking", capabilities=FORMS)


@pytest.fixture
def lines(shared_state):
    """Lines of the audit log since the test began, by event."""
    log = shared_state / "audit.log"
    begin = log.stat().st_size if log.exists() else 0
    return lambda event: [
        line for line in map(json.loads, log.read_bytes()[begin:].splitlines()) if line["event"] == event
    ]


class Question:
    """A call that waits for a person, and what the person is shown."""

    def __init__(self, server, *argv, **more):
        self.server, self.arguments = server, {"argv": list(argv)} | more
        before = len(server.questions)
        self.number = server.begin("execute_command", self.arguments)
        if MODERN:
            self.asked = server.answer(self.number)["result"]
            assert self.asked["resultType"] == "input_required", self.asked
            self.params = self.asked["inputRequests"]["approve"]["params"]
        else:
            self.asked = server.wait_for_question(before + 1)
            self.params = self.asked["params"]

    def answer(self, result):
        """Answers as a client does: to the request, or by calling again. The number of the call."""
        if not MODERN:
            self.server.send_message({"jsonrpc": "2.0", "id": self.asked["id"], "result": result})
            return self.number
        return again(self.server, self.asked["requestState"], self.arguments, {"approve": result})

    def result(self, result):
        return self.server.finish(self.answer(result))


def again(server, state, arguments, answers, tool="execute_command"):
    params = {"name": tool, "arguments": arguments, "requestState": state, "inputResponses": answers}
    return server.request("tools/call", {key: value for key, value in params.items() if value is not None})


def refused(result):
    assert result.is_error and result["status"] == "refused" and result["end"]["cause"] == "ask", result
    assert result["decision"] == "ask" and "commands.ask" in result["reason"], result
    return result["reason"]


def test_what_a_person_approves_is_started_once(server, canary, lines, workspace):
    question = Question(server, "touch", "canary")
    message = question.params["message"]
    assert "  touch canary\n" in message and "program: /" in message and f"workspace: {workspace}\n" in message
    assert "policy: asking (" in message and "commands.ask, " in message and "asking.toml:" in message
    assert question.params["requestedSchema"]["properties"]["approve"]["type"] == "boolean"
    assert not canary.exists()
    done = question.result(YES)
    assert done["exit_code"] == 0 and canary.exists(), done
    canary.unlink()
    refused(Question(server, "touch", "canary").result(NO))
    assert not canary.exists()
    approved, declined = lines("approval")
    (start,) = lines("start")
    assert start["task"] == done["task_id"] and start["approval"] == approved["approval"]
    assert (approved["answer"], declined["answer"]) == ("approved", "declined")
    assert approved["by"] == f"mcp:{os.getuid()}" and approved["client"] == "caisson-tests 1"
    assert approved["argv"] == ["touch", "canary"] and approved["through"] == "elicitation"
    assert approved["policy_digest"] == start["policy_digest"] == done["policy"]["digest"]
    assert [line["cause"] for line in lines("refusal")] == ["ask"]


@pytest.mark.parametrize(
    "answer",
    [
        {"action": "decline"}, {"action": "cancel"}, NO, {"action": "accept"}, {"action": "accept", "content": {}},
        {"action": "accept", "content": {"approve": "true"}}, {"action": "accept", "content": {"approve": 1}},
        {"action": "decline", "content": {"approve": True}}, {"action": "cancel", "content": {"approve": True}},
        {"action": "ACCEPT", "content": {"approve": True}}, {"approve": True}, {"content": {"approve": True}}, {},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_nothing_but_a_clear_yes_starts_it(server, canary, answer):
    refused(Question(server, "touch", "canary").result(answer))
    assert not canary.exists()
    assert server.run("echo", "goes on").output == "goes on\n"


def test_other_calls_go_on_while_a_person_thinks(server, canary):
    question = Question(server, "touch", "canary")
    assert server.run("echo", "meanwhile").output == "meanwhile\n"
    other = Question(server, "touch", "other")
    assert other.result(YES)["exit_code"] == 0
    assert question.result(YES)["exit_code"] == 0 and canary.exists()


@pytest.mark.clause("commands.ask")
def test_the_approved_program_is_in_no_task_that_was_not_approved(server, workspace):
    """`tr` runs approved and waits for input; a shell of another task finds no `tr`."""
    begun = Question(server, "tr", "a", "b", stdin="open", wait=False).result(YES)
    assert begun["status"] == "running"
    attempt = server.run("sh", "-c", "for way in tr /bin/tr /usr/bin/tr; do echo aaa | $way a b; done; echo done > ran")
    assert (workspace / "ran").exists() and "bbb" not in attempt.output
    written = server.call("write_input", task_id=begun["task_id"], text="banana\n", eof=True)
    text, _ = server.read_all(begun["task_id"])
    assert "bbnbnb" in begun.output + written.output + text


def test_where_nobody_can_be_asked_it_is_refused_with_a_remedy(serve, canary):
    kinds = [{}, {"elicitation": {"url": {}}}, {"elicitation": True}, {"sampling": {}}]
    for capabilities in kinds:
        server = serve("asking", capabilities=capabilities)
        reason = refused(server.run("touch", "canary"))
        assert "nobody can be asked" in reason and "caisson run" in reason and "elicitation" in reason
        assert server.questions == []
    assert not canary.exists()


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
@pytest.mark.parametrize("version,asks", [("2025-06-18", True), ("2025-03-26", False), ("2024-11-05", False)])
def test_versions_without_elicitation_are_not_asked(serve, canary, version, asks):
    server = serve("asking", capabilities=FORMS)
    hello = {"protocolVersion": version, "capabilities": FORMS, "clientInfo": {"name": "old", "version": "1"}}
    assert server.result("initialize", hello)["protocolVersion"] == version
    number = server.request("tools/call", {"name": "execute_command", "arguments": {"argv": ["touch", "canary"]}})
    if asks:
        question = server.wait_for_question()
        assert "mode" not in question["params"]
        server.send_message({"jsonrpc": "2.0", "id": question["id"], "result": YES})
        assert server.answer(number)["result"]["structuredContent"]["exit_code"] == 0
    else:
        # Not by the models of the newest version: this one has no structured results.
        host.wait_until(lambda: server.has_answer(number), wire.PATIENCE)
        assert server.answers[number]["result"]["isError"] and server.questions == []
    assert canary.exists() == asks


@pytest.mark.parametrize("name", ["approve", "approved", "confirm", "inputResponses", "requestState", "approval"])
def test_no_argument_of_a_tool_approves(server, canary, name):
    result = server.call("execute_command", {"argv": ["touch", "canary"], name: YES})
    assert result.is_error and name in result["reason"] and not canary.exists()


@pytest.mark.skipif(not MODERN, reason="calls are not repeated in this era")
@pytest.mark.parametrize(
    "state,answers",
    [
        (None, {"approve": YES}), ("", {"approve": YES}), ("0" * 32, {"approve": YES}), ("0" * 32, None),
        (7, {"approve": YES}), (None, {}), ("0" * 32, [YES]), ("x" * 100_000, {"approve": YES}),
    ],
)  # fmt: skip
def test_an_answer_to_what_was_never_asked_is_an_error(server, canary, state, answers):
    before = server.call("list_sessions", limit=1)["sessions"]
    for argv in (["touch", "canary"], ["echo", "allowed"]):
        number = again(server, state, {"argv": argv}, answers)
        with pytest.raises(wire.ProtocolError) as failure:
            server.finish(number)
        assert failure.value.code == -32602 and "requestState" in failure.value.message
    with pytest.raises(wire.ProtocolError):
        server.finish(again(server, state, {}, answers, tool="list_sessions"))
    after = server.call("list_sessions", limit=1)["sessions"]
    assert not canary.exists() and [task["task_id"] for task in after] == [task["task_id"] for task in before]


@pytest.mark.skipif(not MODERN, reason="calls are not repeated in this era")
def test_an_approval_is_good_for_one_call_of_one_server(server, serve, canary):
    question = Question(server, "touch", "canary")
    assert question.result(YES)["exit_code"] == 0
    canary.unlink()
    elsewhere = serve("asking", capabilities=FORMS)
    for where in (server, elsewhere):
        with pytest.raises(wire.ProtocolError):
            where.finish(again(where, question.asked["requestState"], question.arguments, {"approve": YES}))
    fresh = Question(server, "touch", "canary")
    with pytest.raises(wire.ProtocolError):
        elsewhere.finish(again(elsewhere, fresh.asked["requestState"], fresh.arguments, {"approve": YES}))
    assert not canary.exists()


@pytest.mark.skipif(not MODERN, reason="calls are not repeated in this era")
@pytest.mark.parametrize(
    "change", [{"argv": ["touch", "./canary"]}, {"cwd": "."}, {"stdin": "x"}, {"wall_ms": 1000}, {"tty": True}]
)
def test_an_approval_is_for_the_call_as_it_was_shown(server, canary, change):
    question = Question(server, "touch", "other")
    for arguments in (question.arguments | {"argv": ["touch", "canary"]}, question.arguments):
        # The second one is the right one: its question is used up.
        with pytest.raises(wire.ProtocolError):
            server.finish(again(server, question.asked["requestState"], arguments, {"approve": YES}))
    question = Question(server, "touch", "canary")
    with pytest.raises(wire.ProtocolError):
        server.finish(again(server, question.asked["requestState"], question.arguments | change, {"approve": YES}))
    assert not canary.exists()


@pytest.mark.skipif(not MODERN, reason="calls are not repeated in this era")
def test_a_client_that_comes_back_without_an_answer_is_asked_again(server, canary):
    question = Question(server, "touch", "canary")
    message = server.answer(again(server, question.asked["requestState"], question.arguments, {"else": YES}))
    assert message["result"]["resultType"] == "input_required"
    assert message["result"]["requestState"] != question.asked["requestState"]
    number = again(server, message["result"]["requestState"], question.arguments, {"approve": YES})
    assert server.finish(number)["exit_code"] == 0 and canary.exists()


def test_a_policy_that_changed_meanwhile_is_asked_about_anew(serve, base, canary):
    path = base / "policies" / "changing-asks.toml"
    text = policies.policy("changing-asks", allow=["echo"], commands='ask = ["touch"]\n')
    path.write_text(text)
    server = serve("changing-asks", capabilities=FORMS)
    question = Question(server, "touch", "canary")
    path.write_text(text.replace("for a test", "for another test"))
    number = question.answer(YES)
    if MODERN:
        asked = server.answer(number)["result"]
        assert asked["resultType"] == "input_required" and not canary.exists()
        number = again(server, asked["requestState"], question.arguments, {"approve": YES})
    else:
        asked = server.wait_for_question(2)
        assert not canary.exists()
        server.send_message({"jsonrpc": "2.0", "id": asked["id"], "result": YES})
    assert server.finish(number)["exit_code"] == 0 and canary.exists()
    question = Question(server, "touch", "canary")
    canary.unlink()
    path.write_text(text.replace('ask = ["touch"]', ""))
    refusal = server.finish(question.answer(YES))
    assert refusal.is_error and refusal["end"]["cause"] == "commands" and not canary.exists()
    path.unlink()


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
def test_a_person_who_never_answers_is_not_waited_for_longer_than_the_call(server, canary, lines):
    begun = time.monotonic()
    question = Question(server, "touch", "canary", timeout_ms=500)
    assert "nobody answered" in refused(server.finish(question.number))
    assert 0.4 < time.monotonic() - begun < 10
    (withdrawn,) = server.wait_for_notification("notifications/cancelled")
    assert withdrawn["requestId"] == question.asked["id"]
    server.send_message({"jsonrpc": "2.0", "id": question.asked["id"], "result": YES})
    assert server.run("echo", "still here").output == "still here\n"
    assert not canary.exists() and [line["answer"] for line in lines("approval")] == ["unanswered"]


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
def test_a_call_that_does_not_wait_for_its_task_waits_for_a_person_as_long_as_it_says(server, canary):
    begun = time.monotonic()
    question = Question(server, "touch", "canary", wait=False, timeout_ms=500)
    assert "within the 500 ms" in refused(server.finish(question.number))
    assert 0.4 < time.monotonic() - begun < 10 and not canary.exists()


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
def test_a_call_that_is_cancelled_takes_its_question_back(server, canary, lines):
    question = Question(server, "touch", "canary")
    server.notify("notifications/cancelled", {"requestId": question.number})
    (withdrawn,) = server.wait_for_notification("notifications/cancelled")
    assert withdrawn["requestId"] == question.asked["id"]
    server.send_message({"jsonrpc": "2.0", "id": question.asked["id"], "result": YES})
    assert server.run("echo", "still here").output == "still here\n"
    assert not server.has_answer(question.number) and not canary.exists()
    assert [line["answer"] for line in lines("approval")] == ["unanswered"]
    assert "cancelled before anybody answered" in lines("refusal")[-1]["reason"]


def test_the_end_of_input_ends_a_server_that_waits_for_a_person(server, canary, lines):
    Question(server, "touch", "canary")
    seconds, code = server.close()
    assert (seconds < 3, code) == (True, 0) and not canary.exists()
    assert [line["answer"] for line in lines("approval")] == ["unanswered"]
    assert ("did not call again" if MODERN else "went before anybody answered") in lines("refusal")[-1]["reason"]


def test_a_question_is_written_down_when_nobody_reads_the_server_any_more(serve, lines):
    server = serve("asking", capabilities=FORMS)
    Question(server, "touch", "canary")
    server.stop_reading()
    server.request("tools/list", {})
    assert server.process.wait(10) == 0
    assert [line["answer"] for line in lines("approval")] == ["unanswered"]


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
def test_a_client_that_can_t_ask_after_all_is_refused(server, canary):
    question = Question(server, "touch", "canary")
    error = {"code": -32601, "message": "no such method\nin this client"}
    server.send_message({"jsonrpc": "2.0", "id": question.asked["id"], "error": error})
    assert "could not ask" in refused(server.finish(question.number)) and not canary.exists()


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
def test_answers_to_nothing_and_second_answers_do_nothing(server, canary):
    for id in ("question-1", "question-2", 1, "x"):
        server.send_message({"jsonrpc": "2.0", "id": id, "result": YES})
    question = Question(server, "touch", "canary")
    refused(question.result(NO))
    question.answer(YES)
    assert server.run("echo", "still here").output == "still here\n" and not canary.exists()


@pytest.mark.skipif(MODERN, reason="a question of this era comes with the answer, and waits for nobody")
def test_nobody_is_asked_more_than_they_can_read(server, workspace, lines):
    questions = [Question(server, "touch", f"file-{number}") for number in range(16)]
    assert "16 questions" in refused(server.run("touch", "one-more"))
    assert "16 questions" in lines("refusal")[-1]["reason"] and lines("approval") == [], "nobody was asked"
    assert questions[0].result(YES)["exit_code"] == 0
    Question(server, "touch", "one-more").result(YES)
    assert sorted(path.name for path in workspace.iterdir()) == ["file-0", "one-more"]


def test_arguments_of_a_program_that_is_allowed_can_need_approval(server):
    assert server.run("echo", "quietly").output == "quietly\n"
    assert Question(server, "echo", "aloud", "and clearly").result(YES).output == "aloud and clearly\n"
    refused(Question(server, "echo", "aloud").result(NO))


def test_an_approved_call_can_be_a_task_of_the_protocol(serve, canary):
    extension = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
    server = serve("asking", capabilities=FORMS | (extension if MODERN else {}))
    params = {"name": "execute_command", "arguments": {"argv": ["touch", "canary"]}}
    number = server.request("tools/call", params if MODERN else params | {"task": {"ttl": 60000}})
    if MODERN:
        state = server.answer(number)["result"]["requestState"]
        task = server.answer(again(server, state, params["arguments"], {"approve": YES}))["result"]
    else:
        server.send_message({"jsonrpc": "2.0", "id": server.wait_for_question()["id"], "result": YES})
        task = server.answer(number)["result"]["task"]
    server.read_all(task["taskId"])
    assert canary.exists()


@pytest.mark.parametrize("capabilities,word", [(FORMS, "asks a person"), ({}, "refuses")])
def test_explain_policy_says_what_would_happen(serve, capabilities, word):
    server = serve("asking", capabilities=capabilities)
    explained = server.call("explain_policy", argv=["touch", "canary"])
    assert explained["decision"] == "ask" and word in explained["approval"] and word in explained.text
    assert explained["reasons"][0]["rule"] == "commands.ask" and explained["reasons"][0]["line"] > 0
    assert "approval" not in server.call("explain_policy", argv=["echo", "x"]).structured


def test_what_is_asked_names_input_and_can_t_be_dressed_up(server, workspace):
    dressed = "x\nprogram: /usr/bin/true\u202e"
    message = Question(server, "touch", dressed, stdin="secret\nsecond").params["message"]
    assert r'"x\u{a}program: /usr/bin/true\u{202e}"' in message and r"input: secret\u{a}second" in message
    assert message.count("\nprogram: ") == 1
    long = server.run("touch", "x" * 5000)
    assert long.is_error and "too long" in long["reason"] and list(workspace.iterdir()) == []
