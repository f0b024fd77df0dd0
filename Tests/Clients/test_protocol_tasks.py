"""Tasks of the protocol: those of the server by the same ids, in the shapes of both eras. fastmcp's client is in test_fastmcp.py."""

import os
import signal
import threading
import time

import anyio
import pytest

import host
import models
import wire

MODERN = models.ERA == "2026-07-28"
EXTENSION = "io.modelcontextprotocol/tasks"
DECLARED = {"io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}}}
LIFE, INTERVAL = ("ttlMs", "pollIntervalMs") if MODERN else ("ttl", "pollInterval")


def ask(server, method, **params):
    return server.result(method, params | ({"_meta": DECLARED} if MODERN else {}))


def create(server, *argv, **arguments):
    """Starts a command as a task of the protocol, and gives the task."""
    params = {"name": "execute_command", "arguments": {"argv": list(argv)} | arguments}
    params |= {"_meta": DECLARED} if MODERN else {"task": {"ttl": 60000}}
    result = server.result("tools/call", params)
    return result if MODERN else result["task"]


def status(server, task):
    return ask(server, "tasks/get", taskId=task)


def wait(server, task):
    until = time.monotonic() + wire.PATIENCE
    while (now := status(server, task))["status"] == "working":
        assert time.monotonic() < until
        time.sleep(0.05)
    return now


def outcome(server, task):
    """The result that the call would have had."""
    if MODERN:
        return wire.Result(wait(server, task)["result"])
    return wire.Result(ask(server, "tasks/result", taskId=task))


def error(call, *arguments, **more):
    with pytest.raises(wire.ProtocolError) as failure:
        call(*arguments, **more)
    return failure.value


def test_the_server_says_that_it_has_them(server):
    capabilities = server.greeting["capabilities"]
    if MODERN:
        assert capabilities["extensions"] == {EXTENSION: {}}
    else:
        assert capabilities["tasks"] == {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}
        support = {name: tool.get("execution", {}).get("taskSupport") for name, tool in server.tools.items()}
        assert support.pop("execute_command") == support.pop("claude_code") == "optional"
        assert set(support.values()) == {None}


def test_a_call_becomes_a_task_that_can_be_asked_for_until_it_has_its_result(server, workspace):
    begun = time.monotonic()
    task = create(server, "sh", "-c", "sleep 1; echo out; echo err >&2; echo made > file")
    assert time.monotonic() - begun < 1 or not (workspace / "file").exists()
    assert task["status"] == "working" and task[INTERVAL] >= 100
    assert task[LIFE] is None or task[LIFE] > 60000
    assert status(server, task["taskId"])["status"] == "working"
    result = outcome(server, task["taskId"])
    assert not result.is_error and result["exit_code"] == 0 and result["task_id"] == task["taskId"]
    assert sorted(result.output.splitlines()) == ["err", "out"]
    ended = status(server, task["taskId"])
    assert ended["status"] == "completed" and ended["lastUpdatedAt"] > ended["createdAt"]
    # It is one of the server's own tasks, for its tools, too.
    assert server.read(task["taskId"], offset=0)["status"] == "exited"
    # And the result is there as often as it is asked for.
    assert outcome(server, task["taskId"]).output == result.output


def test_tasks_of_the_tools_are_tasks_of_the_protocol(server):
    task = server.start("sh", "-c", "echo one; exec sleep 86317")
    assert status(server, task)["status"] == "working"
    server.end(task, grace_ms=100)
    assert status(server, task)["status"] == "cancelled"


def test_a_command_that_fails_is_a_result_with_is_error(server):
    task = create(server, "sh", "-c", "echo bad; exit 3")["taskId"]
    ended = wait(server, task)
    # A tool that failed fails the task in the one era; in the other only an error of the protocol does.
    assert ended["status"] == ("completed" if MODERN else "failed")
    result = outcome(server, task)
    assert result.is_error and result["exit_code"] == 3 and result.output == "bad\n"


def test_cancelling_ends_every_process(server):
    task = create(server, "sh", "-c", "setsid sleep 86318 & exec sleep 86318")["taskId"]
    pids = host.wait_until(lambda: (found := host.with_argument("86318")) and len(found) >= 2 and found, 20)
    cancelled = ask(server, "tasks/cancel", taskId=task)
    if not MODERN:
        assert cancelled["status"] == "cancelled", "it must have been cancelled before the answer"
    assert wait(server, task)["status"] == "cancelled"
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
    if MODERN:
        ask(server, "tasks/cancel", taskId=task)
    else:
        assert error(ask, server, "tasks/cancel", taskId=task).code == -32602


def test_a_monitor_that_does_not_answer_holds_up_nobody_else(server):
    task = create(server, "sleep", "86321")["taskId"]
    host.wait_until(lambda: host.with_argument("86321"), 20)
    monitor = host.monitor(task)
    os.kill(monitor, signal.SIGSTOP)
    try:
        cancelling = server.request("tasks/cancel", {"taskId": task} | ({"_meta": DECLARED} if MODERN else {}))
        begun = time.monotonic()
        assert server.call("explain_policy", argv=["id"])["decision"] == "allowed"
        assert time.monotonic() - begun < 0.8
        assert not server.has_answer(cancelling)
    finally:
        os.kill(monitor, signal.SIGCONT)
    assert "result" in server.answer(cancelling)
    assert wait(server, task)["status"] == "cancelled"
    assert not host.with_argument("86321")


def test_a_cancelled_request_for_a_task_leaves_the_task_alone(server):
    if MODERN:
        pytest.skip("tasks/result waits in the other era only")
    task = create(server, "sleep", "86319")["taskId"]
    waiting = server.request("tasks/result", {"taskId": task})
    server.notify("notifications/cancelled", {"requestId": waiting})
    assert status(server, task)["status"] == "working"
    assert not server.has_answer(waiting)
    ask(server, "tasks/cancel", taskId=task)


def test_the_result_is_waited_for(server):
    if MODERN:
        pytest.skip("there is no tasks/result in this era")
    task = create(server, "sh", "-c", "sleep 1; echo out")["taskId"]
    results = []
    threads = [threading.Thread(target=lambda: results.append(outcome(server, task))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert server.result("ping") == {}, "the server answers others meanwhile"
    for thread in threads:
        thread.join()
    assert [result.output for result in results] == ["out\n"] * 3


@pytest.mark.parametrize("task", ["0" * 32, "", "x", "../" + "0" * 29, "A" * 32])
def test_a_task_that_is_not_there_is_an_invalid_parameter(server, task):
    for method in ["tasks/get", "tasks/cancel"] + (["tasks/update"] if MODERN else ["tasks/result"]):
        params = {"taskId": task} | ({"inputResponses": {}} if method == "tasks/update" else {})
        assert error(ask, server, method, **params).code == -32602


def test_only_a_whole_id_names_a_task(server):
    task = create(server, "true")["taskId"]
    assert error(ask, server, "tasks/get", taskId=task[:8]).code == -32602
    assert error(ask, server, "tasks/get").code == -32602


def test_what_is_refused_is_no_task(serve, workspace):
    server = serve("list")
    if MODERN:
        params = {"name": "execute_command", "arguments": {"argv": ["touch", "made"]}, "_meta": DECLARED}
        refused = wire.Result(server.result("tools/call", params))
        assert refused.is_error and refused["status"] == "refused" and "commands.allow" in refused["reason"]
    else:
        refused = error(create, server, "touch", "made")
        assert refused.code == -32602 and "commands.allow" in refused.message and refused.data["status"] == "refused"
    assert not (workspace / "made").exists()


def test_without_negotiation_there_are_none(server):
    task = server.start("true")
    if MODERN:
        for method in ("tasks/get", "tasks/update", "tasks/cancel"):
            failure = error(server.result, method, {"taskId": task, "inputResponses": {}})
            assert failure.code == -32021
            assert failure.data["requiredCapabilities"] == {"extensions": {EXTENSION: {}}}
    assert server.run("echo", "out").output == "out\n"


def test_a_call_that_says_how_long_it_waits_is_answered_by_the_tool(server):
    if not MODERN:
        pytest.skip("in the other era the client decides")
    params = {"name": "execute_command", "arguments": {"argv": ["echo", "x"], "timeout_ms": 20000}, "_meta": DECLARED}
    assert wire.Result(server.result("tools/call", params)).output == "x\n"
    params["arguments"] = {"argv": ["echo", "x"], "wait": False}
    assert "task_id" in server.result("tools/call", params)["structuredContent"]


def test_a_tool_that_starts_nothing_is_never_a_task(server):
    if MODERN:
        params = {"name": "list_sessions", "arguments": {}, "_meta": DECLARED}
        assert server.result("tools/call", params)["resultType"] == "complete"
    else:
        failure = error(server.result, "tools/call", {"name": "list_sessions", "task": {}})
        assert failure.code == -32601


def test_tasks_go_on_without_the_server_and_another_one_has_them(serve):
    first = serve()
    task = create(first, "sh", "-c", "sleep 1; echo out")["taskId"]
    first.close()
    assert outcome(serve(), task).output == "out\n"


def test_a_list_in_pages_has_every_task_once(serve, own_state):
    if MODERN:
        pytest.skip("there is no tasks/list in this era")
    server = serve(state=own_state)
    made = [create(server, "true")["taskId"] for _ in range(105)]
    found, cursor = [], None
    while True:
        page = ask(server, "tasks/list", **({"cursor": cursor} if cursor else {}))
        found += [task["taskId"] for task in page["tasks"]]
        cursor = page.get("nextCursor")
        if not cursor:
            break
    assert sorted(found) == sorted(made)
    assert error(ask, server, "tasks/list", cursor="none").code == -32602
    for task in made:
        wait(server, task)


if models.MCP_MAJOR < 2:
    from mcp import ClientSession, StdioServerParameters, types
    from mcp.client.stdio import stdio_client

    def test_the_official_client_drives_them(programs, environment, workspace, shared_state):
        """The experimental tasks of mcp 1: call, poll, result, list, cancel."""

        async def conversation():
            parameters = StdioServerParameters(
                command=str(programs / "caisson"),
                args=["mcp", "--policy", "open", "--workspace", str(workspace)],
                env=environment,
                cwd=str(workspace),
            )
            async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
                await session.initialize()
                tasks = session.experimental
                made = await tasks.call_tool_as_task(
                    "execute_command", {"argv": ["sh", "-c", "sleep 1; echo out"]}, ttl=60000
                )
                task = made.task.taskId
                seen = [now.status async for now in tasks.poll_task(task)]
                assert seen[0] == "working" and seen[-1] == "completed"
                result = await tasks.get_task_result(task, types.CallToolResult)
                assert result.structuredContent["output"]["text"] == "out\n" and not result.isError
                assert task in [entry.taskId for entry in (await tasks.list_tasks()).tasks]
                other = await tasks.call_tool_as_task("execute_command", {"argv": ["sleep", "86320"]})
                assert (await tasks.cancel_task(other.task.taskId)).status == "cancelled"
                assert not host.with_argument("86320")

        async def whole():
            with anyio.fail_after(60):
                await conversation()

        anyio.run(whole)
        host.end_tasks(programs / "caisson", shared_state)


# --- Told, not asked for

STATUS = "notifications/tasks" if MODERN else "notifications/tasks/status"


def listen(server, *tasks):
    """Hears how tasks stand; a client of 2025-11-25 hears of those that it started without asking."""
    if not MODERN:
        return None
    params = {"notifications": {"taskIds": list(tasks)}, "_meta": DECLARED}
    number = server.request("subscriptions/listen", params)
    server.wait_for_notification("notifications/subscriptions/acknowledged")
    return number


def test_the_end_of_a_task_is_told_once_with_its_result(server, workspace):
    task = create(server, "sh", "-c", "while ! test -e go; do sleep 0.02; done; echo out")["taskId"]
    number = listen(server, task)
    assert server.notified(STATUS) == []
    (workspace / "go").touch()
    (told,) = server.wait_for_notification(STATUS)
    assert told["taskId"] == task and told["status"] == "completed"
    if MODERN:
        assert told["_meta"]["io.modelcontextprotocol/subscriptionId"] == number
        assert told["result"]["structuredContent"]["output"]["text"] == "out\n"
    server.run("true")
    assert len(server.notified(STATUS)) == 1


def test_a_task_that_has_ended_before_is_told_at_once(server):
    task = create(server, "true")["taskId"]
    wait(server, task)
    listen(server, task)
    (told,) = server.wait_for_notification(STATUS)
    assert told["taskId"] == task and told["status"] == "completed"


def test_an_end_is_told_before_the_answer_that_shows_it(server):
    if MODERN:
        pytest.skip("only a client of the other era is told without asking")
    tasks = [create(server, "sleep", "0.2")["taskId"], create(server, "sleep", "86352")["taskId"]]
    assert ask(server, "tasks/result", taskId=tasks[0])
    assert [params["taskId"] for _, params, _ in server.notified(STATUS)] == tasks[:1]
    assert ask(server, "tasks/cancel", taskId=tasks[1])["status"] == "cancelled"
    assert [params["taskId"] for _, params, _ in server.notified(STATUS)] == tasks
    server.run("true")
    assert len(server.notified(STATUS)) == 2


def test_nobody_is_told_of_tasks_without_having_negotiated_them(server):
    task = server.run("true", wait=False)["task_id"]
    server.read(task, timeout_ms=5000, until="x")
    assert server.notified(STATUS) == []
    if MODERN:
        failure = error(server.result, "subscriptions/listen", {"notifications": {"taskIds": [task]}})
        assert failure.code == -32021
