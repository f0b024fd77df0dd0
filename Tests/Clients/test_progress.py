"""Progress of calls that wait: how much the task has printed, and its last line; cancellation."""

import time

import host

PROGRESS = "notifications/progress"


def begin(server, script, timeout_ms=30000, token="token", **more):
    meta = {"progressToken": token} if token is not None else None
    return server.begin("execute_command", argv=["sh", "-c", script], timeout_ms=timeout_ms, meta=meta, **more)


def test_a_call_that_waits_tells_how_much_there_is_and_the_last_line(server):
    call = begin(server, "for i in 1 2 3 4 5 6 7 8; do echo step $i; sleep 0.4; done", token=7)
    result = server.finish(call)
    assert result.output.endswith("step 8\n")
    told = server.notified(PROGRESS)
    assert len(told) >= 2
    amounts = [params["progress"] for _, params, _ in told]
    assert amounts == sorted(set(amounts)) and amounts[-1] <= len(result.output)
    assert all(params["progressToken"] == 7 for _, params, _ in told)
    for _, params, _ in told:
        # The output up to there ends with the line that was shown.
        assert result.output[: params["progress"]].rstrip("\n").split("\n")[-1] == params["message"], params


def test_progress_comes_at_most_once_a_second_and_never_after_the_answer(server):
    call = begin(server, "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; sleep 0.01; done")
    server.finish(call)
    time.sleep(1.5)
    told = server.notified(PROGRESS)
    assert len(told) >= 3
    times = [when for when, _, _ in told]
    # The pause is the server's; what is measured here is when it arrived.
    assert all(later - earlier > 0.8 for earlier, later in zip(times, times[1:])), times
    assert all(call not in answered for _, _, answered in told)


def test_a_task_that_prints_nothing_is_nothing_to_tell_of(server):
    server.finish(begin(server, "sleep 1.5"))
    assert server.notified(PROGRESS) == []


def test_without_a_token_there_is_no_progress(server):
    server.finish(begin(server, "echo one; sleep 1.5; echo two", token=None))
    assert server.notified(PROGRESS) == []


def test_the_last_line_is_made_visible_and_cut(server):
    script = r"""printf 'first\n\033[31mred\007 %s\n' "$(head -c 3000 /dev/zero | tr '\0' x)"; sleep 3"""
    server.finish(begin(server, script))
    (_, params, _), *_ = server.notified(PROGRESS)
    assert params["message"].startswith("x") or params["message"].startswith(r"\x1b[31mred\x07"), params
    assert len(params["message"]) < 200


def test_a_client_that_asks_for_progress_may_wait_ten_minutes(server):
    refused = server.call("execute_command", argv=["true"], timeout_ms=600000)
    assert refused.is_error and "timeout_ms" in refused["reason"]
    taken = server.call("execute_command", argv=["true"], timeout_ms=600000, meta={"progressToken": 1})
    assert taken["exit_code"] == 0


def test_progress_of_a_read_that_waits_for_a_pattern(server):
    task = server.start("sh", "-c", "for i in 1 2 3 4 5; do sleep 0.5; echo line $i; done; echo done")
    result = server.read(task, until="done", timeout_ms=30000, meta={"progressToken": "p"})
    assert result["matched"] is True
    assert server.notified(PROGRESS)


def test_two_calls_on_one_task_are_told_each_for_itself(server):
    task = server.start("sh", "-c", "for i in 1 2 3 4 5; do sleep 0.5; echo line $i; done; echo done")
    calls = [
        server.begin("read_output", task_id=task, until="done", timeout_ms=30000, reader=token, meta={"progressToken": token})
        for token in ("a", "b")
    ]
    for call in calls:
        assert server.finish(call)["matched"] is True
    for token in ("a", "b"):
        told = [params["progress"] for _, params, _ in server.notified(PROGRESS) if params["progressToken"] == token]
        assert told and told == sorted(set(told)), (token, told)


def test_a_cancelled_call_ends_without_an_answer_and_its_task_goes_on(server):
    call = begin(server, "while sleep 0.2; do echo tick; done")
    server.wait_for_notification(PROGRESS)
    server.notify("notifications/cancelled", {"requestId": call, "reason": "not wanted any more"})
    assert server.call("list_sessions", status="running")["sessions"], "the task has ended"
    seen = len(server.notified(PROGRESS))
    time.sleep(2.5)
    assert not server.has_answer(call)
    assert len(server.notified(PROGRESS)) == seen
    (session,) = server.call("list_sessions", status="running")["sessions"]
    assert host.with_argument("while sleep 0.2; do echo tick; done")
    server.end(session["task_id"], grace_ms=100)
