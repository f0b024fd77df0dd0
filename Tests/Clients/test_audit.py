"""What callers over MCP do is in the audit log, with the name that the client gives itself."""

import hashlib
import json


def lines(state):
    return [json.loads(line) for line in (state / "audit.log").read_bytes().splitlines()]


def events(state, name):
    return [line for line in lines(state) if line["event"] == name]


def test_starts_refusals_ends_and_acts_have_the_client(serve, own_state):
    server = serve(state=own_state)
    done = server.run("sh", "-c", "exit 4")
    task = server.start("sleep", "60")
    server.end(task)
    server.call("execute_command", argv=["no-such-program"])
    for name, count in {"start": 2, "end": 2, "refusal": 1, "act": 1}.items():
        found = events(own_state, name)
        assert len(found) == count, name
        assert all((line["front_end"], line["client"]) == ("mcp", "caisson-tests 1") for line in found), found
    assert [line["task"] for line in events(own_state, "end")] == [done["task_id"], task]
    assert events(own_state, "act")[0]["action"] == "force_terminate" and events(own_state, "act")[0]["tasks"] == [task]


def test_the_policy_is_written_before_anything_is_started_under_it(serve, own_state):
    serve(state=own_state).run("sh", "-c", "exit 0")
    order = [line["event"] for line in lines(own_state)]
    assert order.index("policy") < order.index("relaxation") < order.index("start")


def test_a_server_signs_at_its_start_and_at_its_end(serve, own_state):
    server = serve(state=own_state)
    server.run("sh", "-c", "exit 0")
    server.close()
    found = lines(own_state)
    assert [line["event"] for line in found].count("checkpoint") == 2 and found[-1]["event"] == "checkpoint"
    before = "0" * 64
    for line in (own_state / "audit.log").read_bytes().splitlines():
        assert json.loads(line)["prev"] == before
        before = hashlib.sha256(line).hexdigest()


def test_an_end_that_a_killed_server_did_not_see_is_written_by_the_next(serve, own_state):
    server = serve(state=own_state)
    task = server.start("sh", "-c", "sleep 0.3; exit 7")
    server.kill()
    for _ in range(3):  # the first one waits for the end, if it has not come yet
        serve(state=own_state).call("read_output", task_id=task, timeout_ms=20_000)
    assert [line["exit_code"] for line in events(own_state, "end")] == [7]
