"""The real Claude Code as a client of `caisson mcp`: it is told to use the tools by a stand-in for its API, and reports to it."""

import json
import os
import re
import shlex
import subprocess

import pytest

import host
import real_claude
from messages_api import MessagesAPI


@pytest.fixture
def claude(tmp_path, workspace, environment):
    """claude(ARG...) runs the program in the workspace, with a home of its own in which nothing is configured."""
    home = tmp_path / "home"
    home.mkdir()
    own = environment | {
        "HOME": str(home),
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "ENABLE_TOOL_SEARCH": "false",
    }

    def run(*arguments, env=None):
        return subprocess.run(
            [real_claude.PROGRAM, *map(str, arguments)], cwd=workspace, env=own | (env or {}), text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=90,
        )  # fmt: skip

    return run


@pytest.fixture
def command(programs, workspace):
    """What an operator writes behind `claude mcp add caisson --`."""
    return [str(programs / "caisson"), "mcp", "--policy", "open", "--allow-policy", "list", "--workspace", str(workspace)]


@pytest.fixture
def talk(claude, command, tmp_path, programs, shared_state):
    """talk(TURN...) plays these turns: the API, and every message that the server was sent.

    A turn is a tool and its arguments, or a function of the answers so far that gives this.
    """
    sent = tmp_path / "sent"

    def run(*turns):
        # What it sends is kept on its way.
        script = f"exec tee {shlex.quote(str(sent))} | {shlex.join(command)}"
        config = {"mcpServers": {"caisson": {"command": "sh", "args": ["-c", script]}}}
        (tmp_path / "mcp.json").write_text(json.dumps(config))
        with MessagesAPI(*map(turn, turns)) as api:
            ended = claude(
                "--print", "--mcp-config", tmp_path / "mcp.json", "--strict-mcp-config", "--allowedTools", "mcp__caisson",
                "--output-format", "json", "--", "begin", env=real_claude.api_environment(api),
            )  # fmt: skip
        assert ended.returncode == 0, ended
        assert json.loads(ended.stdout)["is_error"] is False
        return api, [json.loads(line) for line in sent.read_text().splitlines()]

    yield run
    host.end_tasks(programs / "caisson", shared_state)


def turn(chosen):
    def play(api):
        name, arguments = chosen(Seen(api)) if callable(chosen) else chosen
        # Those of the server have small letters, its own have great ones.
        return (f"mcp__caisson__{name}" if name.islower() else name, arguments)

    return play


class Seen:
    """The answers so far: those of the server's tools by their numbers, and every one as text."""

    def __init__(self, api):
        self.result_text = api.result_text

    def __getitem__(self, number):
        return json.loads(self.result_text(number))


def shown(api):
    """What the model was shown of each call: of a success the structured result alone, of a failure the text alone."""
    return [
        api.result_text(number) if block.get("is_error") else json.loads(api.result_text(number))
        for number, block in enumerate(api.tool_results)
    ]


def test_the_command_of_the_readme_adds_a_server_that_is_connected(claude, command):
    readme = (real_claude.REPOSITORY / "README.md").read_text()
    assert 'claude mcp add caisson -- /opt/caisson/bin/caisson mcp --workspace "$PWD"' in readme
    added = claude("mcp", "add", "caisson", "--", *command)
    assert added.returncode == 0, added
    listed = claude("mcp", "list")
    assert listed.returncode == 0
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith("caisson:")]
    assert "Connected" in line and command[0] in line
    assert "Connected" in claude("mcp", "get", "caisson").stdout


def test_it_speaks_the_newest_version_and_shows_the_model_the_tools_and_the_instructions(talk):
    api, sent = talk(("list_sessions", {}))
    assert sent[0]["method"] == "server/discover"
    call = next(message for message in sent if message["method"] == "tools/call")
    assert call["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
    assert call["params"]["_meta"]["io.modelcontextprotocol/clientInfo"]["name"] == "claude-code"
    names = {name.removeprefix("mcp__caisson__") for name in api.tools if name.startswith("mcp__caisson__")}
    assert {"execute_command", "claude_code", "read_output", "force_terminate", "list_sessions", "explain_policy"} <= names
    offered = api.tools["mcp__caisson__execute_command"]
    assert "sandbox" in offered["description"] and "argv" in offered["input_schema"]["properties"]
    assert "Caisson runs programs in a sandbox" in json.dumps(api.requests[0]["body"])


def test_it_calls_the_tools_and_the_model_sees_what_they_answer(talk, workspace):
    api, _ = talk(
        ("execute_command", {"command": "sh -c 'echo made > file; echo to-the-model; echo to-stderr >&2'"}),
        lambda seen: ("read_output", {"task_id": seen[0]["task_id"], "offset": 0, "stream": "stdout"}),
        ("execute_command", {"argv": ["sh", "-c", "echo begun; exec sleep 86313"], "wait": False}),
        lambda seen: ("list_sessions", {"status": "running"}),
        lambda seen: ("force_terminate", {"task_id": seen[2]["task_id"], "grace_ms": 100}),
        ("explain_policy", {"argv": ["id"]}),
    )
    made, read, begun, listed, ended, explained = shown(api)
    assert made["status"] == "exited" and made["exit_code"] == 0
    assert sorted(made["output"]["text"].splitlines()) == ["to-stderr", "to-the-model"]
    assert read["output"]["text"] == "to-the-model\n"
    assert begun["status"] == "running" and begun["output"]["text"] == "begun\n" and "read_output" in begun["next"]
    assert [session["task_id"] for session in listed["sessions"]] == [begun["task_id"]]
    assert ended["status"] == "terminated" and ended["end"]["proof"]["kind"] in ("init_reaped", "cgroup_empty")
    assert explained["decision"] == "allowed"
    assert (workspace / "file").read_text() == "made\n" and not host.with_argument("86313")


def test_the_model_sees_why_something_failed_or_is_refused_and_what_is_allowed(talk, workspace):
    api, _ = talk(
        ("execute_command", {"argv": ["touch", "made"], "policy": "list"}),
        ("execute_command", {"command": "ls", "polcy": "list"}),
        ("execute_command", {"command": "sh -c 'cat /etc/shadow; exit 3'"}),
    )
    refused, misspelt, failed = shown(api)
    assert all(block["is_error"] for block in api.tool_results)
    assert "commands.allow" in refused and "list.toml:" in refused and "explain_policy" in refused
    assert 'did you mean "policy"' in misspelt
    assert re.match(r"task [0-9a-f]{32} exited with code 3 after .*\ncat: /etc/shadow: No such file", failed)
    assert not (workspace / "made").exists()


def test_it_listens_to_the_list_of_resources_and_its_own_tool_reads_them(talk):
    api, sent = talk(
        ("execute_command", {"argv": ["echo", "for-the-resource"]}),
        # Its list is that of the beginning, although it is told of the change; what is named is read.
        lambda seen: ("ReadMcpResourceTool", {"server": "caisson", "uri": f"caisson://tasks/{seen[0]['task_id']}/stdout"}),
    )
    assert "for-the-resource" in api.result_text(1), api.result_text(1)
    (listening,) = [message["params"] for message in sent if message["method"] == "subscriptions/listen"]
    assert listening["notifications"] == {"resourcesListChanged": True}


def test_its_tasks_go_on_when_it_has_ended(talk, shared_state):
    api, _ = talk(("execute_command", {"argv": ["sleep", "86314"], "wait": False}))
    (begun,) = shown(api)
    assert host.monitors(shared_state) == {begun["task_id"]}
    assert os.path.exists(f"/proc/{begun['pid']}")


def test_output_of_megabytes_reaches_the_model_cut_with_what_was_left_out(talk):
    api, _ = talk(
        ("execute_command", {"command": "sh -c 'seq 1 400000'"}),
        lambda seen: ("read_output", {"task_id": seen[0]["task_id"], "tail": 1}),
    )
    first, last = shown(api)
    assert len(first["output"]["text"]) <= 30 << 10 and first["output"]["more"] is True
    assert first["output"]["total_bytes"] == sum(len(str(number)) + 1 for number in range(1, 400001))
    assert first["output"]["text"].startswith("1\n2\n") and "read_output" in first["next"]
    assert last["output"]["text"] == "400000\n"
