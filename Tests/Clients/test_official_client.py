"""The official Python client drives the server: with mcp 2 in both of its modes, with mcp 1 by its handshake."""

import contextlib
import importlib
import os
import re

import anyio
import pytest

import host
import models

def log_into(heard):
    """What the client calls with each message of the log."""

    async def log(params):
        heard.append(params)

    return log


if models.MCP_MAJOR >= 2:
    from mcp import Client, MCPError, StdioServerParameters
    from mcp.types import ElicitResult

    MODES = {"auto": "2026-07-28", "legacy": "2025-11-25"}

    @contextlib.asynccontextmanager
    async def connected(parameters, mode, heard, **callbacks):
        async def handler(message):
            heard.append(message)

        options = callbacks | {"message_handler": handler, "logging_callback": log_into(heard)}
        async with Client(parameters, mode=mode, read_timeout_seconds=30, **options) as client:
            yield client, client.protocol_version, client.server_info, client.server_capabilities, client.instructions

else:
    from mcp import ClientSession, McpError, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.types import ElicitResult
    from pydantic import AnyUrl

    MCPError = McpError
    MODES = {"handshake": "2025-11-25"}

    @contextlib.asynccontextmanager
    async def connected(parameters, mode, heard, **callbacks):
        async def handler(message):
            heard.append(message.root if hasattr(message, "root") else message)

        async with (
            stdio_client(parameters) as (reading, writing),
            ClientSession(
                reading, writing, message_handler=handler, logging_callback=log_into(heard), **callbacks
            ) as session,
        ):
            hello = await session.initialize()
            yield session, hello.protocolVersion, hello.serverInfo, hello.capabilities, hello.instructions


# The names of fields differ between the two packages.
def structured(result):
    return getattr(result, "structured_content", None) or result.structuredContent


def uri(text):
    """A URI as the client takes it."""
    return text if models.MCP_MAJOR >= 2 else AnyUrl(text)


def is_error(result):
    return result.is_error if hasattr(result, "is_error") else result.isError


@pytest.fixture(params=MODES)
def drive(request, programs, environment, workspace, shared_state):
    """Runs a conversation with the official client in each of its modes; afterwards no task is left."""

    def run(conversation, policy="open", **callbacks):
        command = ["mcp", "--policy", policy, "--allow-policy", "list", "--workspace", str(workspace)]
        parameters = StdioServerParameters(
            command=str(programs / "caisson"), args=command, env=environment, cwd=str(workspace)
        )

        async def whole():
            with anyio.fail_after(60):
                async with connected(parameters, request.param, run.heard, **callbacks) as connection:
                    await conversation(*connection)

        anyio.run(whole)

    run.version = MODES[request.param]
    run.heard = []
    yield run
    host.end_tasks(programs / "caisson", shared_state)


def test_agrees_on_the_newest_version_of_its_era_and_introduces_itself(drive):
    async def conversation(client, version, server, capabilities, instructions):
        assert version == drive.version
        assert server.name == "caisson" and re.match(r"\d+\.\d+\.\d+", server.version)
        assert capabilities.tools is not None
        assert capabilities.resources is not None and capabilities.prompts is not None
        assert "read_output" in instructions

    drive(conversation)


def test_lists_seven_tools_with_schemas_and_hints(drive):
    async def conversation(client, *_):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == [
            "execute_command", "read_output", "write_input", "force_terminate", "list_sessions", "explain_policy", "claude_code",
        ]  # fmt: skip
        for tool in tools.values():
            schema = getattr(tool, "input_schema", None) or tool.inputSchema
            assert schema["additionalProperties"] is False
            models.compiled(schema)
            assert tool.description and tool.title
        hints = tools["read_output"].annotations
        assert getattr(hints, "read_only_hint", None) or hints.readOnlyHint

    drive(conversation)


def test_has_prompts_for_common_jobs(drive):
    async def conversation(client, *_):
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        assert list(prompts) == ["run_and_watch", "why_refused"]
        made = await client.get_prompt("run_and_watch", {"command": "make -j4", "cwd": "sub"})
        (message,) = made.messages
        assert "make -j4" in message.content.text and "in sub" in message.content.text and message.role == "user"
        assert "explain_policy" in (await client.get_prompt("why_refused", {"command": "id"})).messages[0].content.text
        for name, arguments in [("nothing", {}), ("why_refused", {}), ("why_refused", {"command": "x", "other": "y"})]:
            with pytest.raises(MCPError) as failure:
                await client.get_prompt(name, arguments)
            assert failure.value.error.code == -32602

    drive(conversation)


def test_has_output_and_state_of_tasks_as_resources(drive):
    async def conversation(client, *_):
        made = structured(await client.call_tool("execute_command", {"argv": ["echo", "out"]}))
        name = f"caisson://tasks/{made['task_id']}/"
        listed = {str(entry.uri) for entry in (await client.list_resources()).resources}
        assert {name + part for part in ("stdout", "stderr", "status")} <= listed
        templates = (await client.list_resource_templates()).resource_templates if models.MCP_MAJOR >= 2 else (
            await client.list_resource_templates()
        ).resourceTemplates
        assert len(templates) == 3
        (content,) = (await client.read_resource(uri(name + "stdout"))).contents
        assert content.text == "out\n"
        with pytest.raises(MCPError) as failure:
            await client.read_resource(uri(name + "stdin"))
        assert failure.value.error.code == (-32602 if drive.version == "2026-07-28" else -32002)

    drive(conversation)


async def heard(drive, method):
    """Waits until the client was told something by a method."""
    while not (told := [message for message in drive.heard if getattr(message, "method", None) == method]):
        await anyio.sleep(0.02)
    return told[0]


def test_hears_of_resources_that_change(drive, workspace):
    script = "while ! test -e go; do sleep 0.02; done; echo x; exec sleep 86341"

    async def conversation(client, *_):
        begun = structured(await client.call_tool("execute_command", {"argv": ["sh", "-c", script], "wait": False}))
        name = f"caisson://tasks/{begun['task_id']}/stdout"
        if drive.version == "2026-07-28":
            async with client.listen(resource_subscriptions=[name], tools_list_changed=True) as subscription:
                assert list(subscription.honored.resource_subscriptions) == [name]
                assert not subscription.honored.tools_list_changed
                (workspace / "go").touch()
                event = await anext(aiter(subscription))
                assert event.uri == name
        else:
            await client.subscribe_resource(uri(name))
            (workspace / "go").touch()
            told = await heard(drive, "notifications/resources/updated")
            assert str(told.params.uri) == name
            await client.unsubscribe_resource(uri(name))
        assert (await client.read_resource(uri(name))).contents[0].text == "x\n"

    drive(conversation)


def test_finds_in_the_log_what_it_asked_for(drive):
    async def conversation(client, *_):
        logged = lambda: [entry for entry in drive.heard if hasattr(entry, "data") and hasattr(entry, "level")]
        await client.call_tool("execute_command", {"argv": ["true"]})
        assert logged() == []
        if drive.version == "2026-07-28":
            await client.call_tool("execute_command", {"argv": ["true"]}, meta={"io.modelcontextprotocol/logLevel": "info"})
        else:
            await (client.set_logging_level if models.MCP_MAJOR < 2 else client.session.set_logging_level)("info")
            await client.call_tool("execute_command", {"argv": ["true"]})
        with anyio.fail_after(20):
            while len(logged()) < 3:
                await anyio.sleep(0.02)
        assert [entry.data["event"] for entry in logged()] == ["start", "relaxation", "end"]

    drive(conversation)


def test_completes_ids_of_tasks_and_commands(drive):
    reference = importlib.import_module("mcp.types")
    build = reference.PromptReference(type="ref/prompt", name="run_and_watch")
    template = (getattr(reference, "ResourceTemplateReference", None) or reference.ResourceReference)(
        type="ref/resource", uri="caisson://tasks/{task_id}/status"
    )

    async def conversation(client, *_):
        task = structured(await client.call_tool("execute_command", {"argv": ["echo", "x"]}))["task_id"]
        made = await client.complete(template, {"name": "task_id", "value": task[:10]})
        assert made.completion.values == [task]
        made = await client.complete(build, {"name": "command", "value": "ca"})
        assert made.completion.values == ["cat"]

    drive(conversation, policy="list")


def test_calls_each_of_the_seven_tools(drive, workspace):
    async def conversation(client, *_):
        made = await client.call_tool("execute_command", {"command": "sh -c 'echo made > file; echo out'"})
        assert not is_error(made), made
        assert structured(made)["exit_code"] == 0 and structured(made)["output"]["text"] == "out\n"
        assert "out\n" in made.content[0].text
        task = structured(made)["task_id"]

        again = await client.call_tool("read_output", {"task_id": task, "offset": 0})
        assert structured(again)["output"]["text"] == "out\n"

        open_input = await client.call_tool("execute_command", {"argv": ["cat"], "stdin": "open", "wait": False})
        written = await client.call_tool(
            "write_input", {"task_id": structured(open_input)["task_id"], "text": "word\n", "eof": True})
        assert structured(written)["input"]["taken_bytes"] == 5 and not is_error(written)

        ended = await client.call_tool("force_terminate", {"task_id": task})
        assert structured(ended)["status"] == "exited"

        listed = await client.call_tool("list_sessions", {})
        assert task in [session["task_id"] for session in structured(listed)["sessions"]]

        explained = await client.call_tool("explain_policy", {"argv": ["id"]})
        assert structured(explained)["decision"] == "allowed"

        refused = await client.call_tool("claude_code", {"prompt": "hello"})
        assert is_error(refused) and "claude" in structured(refused)["reason"]

    drive(conversation)
    assert (workspace / "file").read_text() == "made\n"


def test_follows_a_long_task_and_ends_it(drive):
    async def conversation(client, *_):
        script = "i=0; while sleep 0.1; do i=$((i+1)); echo line $i; done"
        begun = await client.call_tool("execute_command", {"argv": ["sh", "-c", script], "wait": False})
        assert structured(begun)["status"] == "running"
        task, pid = structured(begun)["task_id"], structured(begun)["pid"]
        assert b"line $i" in host.processes()[pid]
        text = structured(begun)["output"]["text"]
        while "line 5\n" not in text:
            more = await client.call_tool("read_output", {"task_id": task, "timeout_ms": 5000})
            text += structured(more)["output"]["text"]
        assert text.splitlines()[:5] == [f"line {number}" for number in range(1, 6)]
        end = await client.call_tool("force_terminate", {"task_id": task})
        assert not is_error(end)
        assert structured(end)["status"] == "terminated"
        assert structured(end)["end"]["proof"]["kind"] in ("init_reaped", "cgroup_empty")
        assert not os.path.exists(f"/proc/{pid}")

    drive(conversation)


def test_shows_a_refusal_as_a_result_with_its_reason(drive, workspace):
    async def conversation(client, *_):
        refused = await client.call_tool("execute_command", {"argv": ["touch", "made"], "policy": "list"})
        assert is_error(refused)
        assert structured(refused)["status"] == "refused"
        assert "touch" in refused.content[0].text and "commands.allow" in refused.content[0].text

    drive(conversation)
    assert not (workspace / "made").exists()


def test_an_unknown_tool_is_an_error_of_the_protocol(drive):
    async def conversation(client, *_):
        with pytest.raises(MCPError) as failure:
            await client.call_tool("run_anything", {})
        assert failure.value.error.code == -32602

    drive(conversation)


def test_many_calls_at_once_are_each_answered(drive):
    async def conversation(client, *_):
        answers = {}

        async def one(number):
            answers[number] = await client.call_tool("execute_command", {"argv": ["echo", str(number)]})

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(one, number)
        assert {number: structured(answer)["output"]["text"] for number, answer in answers.items()} == {
            number: f"{number}\n" for number in range(20)
        }

    drive(conversation)


def test_a_client_that_asks_for_progress_hears_of_it(drive):
    async def conversation(client, *_):
        seen = []

        async def progress(*values):
            seen.append(values)

        argv = ["sh", "-c", "for i in 1 2 3 4; do echo $i; sleep 0.5; done"]
        answer = await client.call_tool("execute_command", {"argv": argv}, progress_callback=progress)
        assert structured(answer)["output"]["text"] == "1\n2\n3\n4\n"
        amounts = [values[0] for values in seen]
        assert amounts and amounts == sorted(set(amounts)) and seen[0][2] in ("1", "2")

    drive(conversation)


def test_tasks_go_on_when_the_client_leaves(drive, programs, environment, shared_state):
    tasks = []

    async def first(client, *_):
        begun = await client.call_tool("execute_command", {"argv": ["sh", "-c", "echo one; sleep 60"], "wait": False})
        tasks.append(structured(begun)["task_id"])
        while "one" not in structured(begun)["output"]["text"]:
            begun = await client.call_tool("read_output", {"task_id": tasks[0], "timeout_ms": 5000})

    async def second(client, *_):
        listed = await client.call_tool("list_sessions", {"status": "running"})
        assert tasks[0] in [session["task_id"] for session in structured(listed)["sessions"]]
        more = await client.call_tool("read_output", {"task_id": tasks[0]})
        assert structured(more)["output"]["text"] == "", "it was read already"
        end = await client.call_tool("force_terminate", {"task_id": tasks[0]})
        assert structured(end)["status"] == "terminated"

    drive(first)
    assert host.monitors(shared_state) == set(tasks)
    drive(second)


@pytest.mark.parametrize("action,content,made", [
    ("accept", {"approve": True}, True), ("accept", {"approve": False}, False), ("decline", None, False),
    ("cancel", None, False),
])  # fmt: skip
def test_asks_the_person_at_the_client_before_a_command_that_needs_approval(drive, workspace, action, content, made):
    shown = []

    async def person(context, params):
        shown.append(params.message)
        return ElicitResult(action=action, content=content)

    async def conversation(client, *_):
        answer = await client.call_tool("execute_command", {"argv": ["touch", "made"]})
        assert is_error(answer) == (not made)
        assert structured(answer)["status"] == ("exited" if made else "refused")

    drive(conversation, policy="asking", elicitation_callback=person)
    assert len(shown) == 1 and "touch made" in shown[0]
    assert (workspace / "made").exists() == made


def test_asks_nobody_where_the_client_has_nobody_to_ask(drive, workspace):
    async def conversation(client, *_):
        answer = await client.call_tool("execute_command", {"argv": ["touch", "made"]})
        assert is_error(answer) and "nobody can be asked" in structured(answer)["reason"]

    drive(conversation, policy="asking")
    assert not (workspace / "made").exists()
