"""fastmcp drives the server; with fastmcp_tasks every client declares the extension for tasks of 2026-07-28."""

import contextlib
import os
import time

import anyio
import fastmcp_tasks
import pytest
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError

import host

EXTENSION = "io.modelcontextprotocol/tasks"


@pytest.fixture
def drive(programs, environment, workspace, shared_state):
    """Runs a conversation; afterwards no task is left."""

    def run(conversation, policy="open", **options):
        words = ["mcp", "--policy", policy, "--allow-policy", "list", "--workspace", str(workspace)]

        @contextlib.asynccontextmanager
        async def connected():
            transport = StdioTransport(str(programs / "caisson"), words, env=environment, cwd=str(workspace), keep_alive=False)
            async with Client(transport, **options) as client:
                yield client

        async def whole():
            with anyio.fail_after(60):
                async with connected() as client:
                    await conversation(client)

        anyio.run(whole)

    yield run
    host.end_tasks(programs / "caisson", shared_state)


def offers_tasks(client):
    return EXTENSION in (client.server_capabilities.extensions or {})


def test_lists_the_tools_with_their_schemas(drive):
    async def conversation(client):
        assert client.protocol_version == "2026-07-28" and client.server_info.name == "caisson"
        tools = {tool.name: tool for tool in await client.list_tools()}
        assert {"execute_command", "read_output", "force_terminate", "list_sessions", "explain_policy", "claude_code"} <= set(tools)
        assert "argv" in tools["execute_command"].input_schema["properties"]

    drive(conversation)


def test_calls_the_tools(drive, workspace):
    async def conversation(client):
        made = await client.call_tool("execute_command", {"command": "sh -c 'echo made > file; echo out'"})
        assert made.structured_content["exit_code"] == 0 and made.structured_content["output"]["text"] == "out\n"
        task = made.structured_content["task_id"]
        read = await client.call_tool("read_output", {"task_id": task, "offset": 0})
        assert read.structured_content["output"]["text"] == "out\n"
        listed = await client.call_tool("list_sessions", {})
        assert task in [session["task_id"] for session in listed.structured_content["sessions"]]
        explained = await client.call_tool("explain_policy", {"argv": ["id"]})
        assert explained.structured_content["decision"] == "allowed"

    drive(conversation)
    assert (workspace / "file").read_text() == "made\n"


@pytest.mark.parametrize("answer,made", [({"approve": True}, True), ({"approve": False}, False)])
def test_a_person_is_asked_before_a_command_that_needs_approval(drive, workspace, answer, made):
    """The question comes first, the task of the protocol after it."""
    shown = []

    async def person(message, *_):
        shown.append(message)
        return ElicitResult(action="accept", content=answer)

    async def conversation(client):
        call = client.call_tool("execute_command", {"argv": ["touch", "made"]}, raise_on_error=False)
        assert (await call).is_error != made

    drive(conversation, policy="asking", elicitation_handler=person)
    assert len(shown) == 1 and "touch made" in shown[0] and (workspace / "made").exists() == made


def test_a_refusal_is_an_error_of_the_tool_with_the_reason(drive, workspace):
    async def conversation(client):
        with pytest.raises(ToolError, match="commands.allow"):
            await client.call_tool("execute_command", {"argv": ["touch", "made"], "policy": "list"})

    drive(conversation)
    assert not (workspace / "made").exists()


def test_many_calls_at_once_are_each_answered(drive):
    async def conversation(client):
        answers = {}

        async def one(number):
            answers[number] = await client.call_tool("execute_command", {"argv": ["echo", str(number)]})

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(one, number)
        assert {number: answer.structured_content["output"]["text"] for number, answer in answers.items()} == {
            number: f"{number}\n" for number in range(20)
        }

    drive(conversation)


def test_follows_and_ends_a_task_by_the_tools_alone(drive):
    async def conversation(client):
        begun = await client.call_tool("execute_command", {"argv": ["sh", "-c", "echo one; exec sleep 86315"], "wait": False})
        task = begun.structured_content["task_id"]
        (sleeping,) = host.wait_until(lambda: host.with_argument("86315"), 20)
        ended = await client.call_tool("force_terminate", {"task_id": task, "grace_ms": 100})
        assert ended.structured_content["status"] == "terminated" and ended.structured_content["end"]["proof"]
        assert not os.path.exists(f"/proc/{sleeping}")

    drive(conversation)


# --- Tasks of the protocol

def test_a_call_runs_as_a_task_of_the_protocol(drive, workspace):
    async def conversation(client):
        script = "sleep 1; echo out; echo made > file"
        assert offers_tasks(client)
        begun = time.monotonic()
        task = await fastmcp_tasks.call_tool_task(client, "execute_command", {"argv": ["sh", "-c", script]})
        assert task.task_id and (await task.status()).status == "working"
        result = await task.result()
        assert time.monotonic() - begun >= 1
        assert result.structured_content["exit_code"] == 0 and result.structured_content["output"]["text"] == "out\n"
        assert (await task.status()).status == "completed"

    drive(conversation)


def test_a_task_of_the_protocol_can_be_cancelled(drive):
    async def conversation(client):
        task = await fastmcp_tasks.call_tool_task(client, "execute_command", {"argv": ["sleep", "86316"]})
        (sleeping,) = host.wait_until(lambda: host.with_argument("86316"), 20)
        await task.cancel()
        with anyio.fail_after(20):
            while (await task.status()).status == "working":
                await anyio.sleep(0.1)
        assert (await task.status()).status == "cancelled"
        assert not os.path.exists(f"/proc/{sleeping}")

    drive(conversation)
