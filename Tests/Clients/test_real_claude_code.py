"""The real Claude Code in the sandbox of `claude_code`, under the shipped policy, against a stand-in for its API on loopback.

What it was told and what it told is judged by what the API received, and by the host's files, processes and sockets.
"""

import contextlib
import json
import os
import select
import socket
import subprocess

import pytest

import host
import real_claude
from messages_api import MessagesAPI

PROMPTS = {
    "quotes": "it's \"quoted\" ' \" '",
    "newlines": "one\ntwo\r\nthree",
    "substitution": "$(touch canary) `touch canary`; touch canary | tee canary",
    "options": "--version",
    "short option": "-p",
    "two dashes": "-- --help",
    "unicode": "äöü 😀 \u2028",
    "backslashes": "\\ \\n \\$(x) * ? ~",
    "long": "word " * 20_000 + "end",
}


@pytest.fixture(scope="module")
def port():
    return real_claude.free_port()


@pytest.fixture(scope="module")
def policies(base, policy_directory, port):
    directory = base / "policies-for-claude"
    real_claude.install(directory, base / "tools-for-claude", real_claude.SHIPPED, port)
    return directory


@pytest.fixture
def claude(serve, policies, port):
    """claude(TURN...) runs the program to its end against an API that plays these turns: the answer, and the API."""

    def run(*turns, env=None, read=None, **arguments):
        with MessagesAPI(*turns, port=port) as api:
            settings = {"CAISSON_POLICIES": str(policies)} | real_claude.api_environment(api) | (env or {})
            server = serve("open", "claude", env={name: value for name, value in settings.items() if value is not None})
            if read:
                return read(server, api)
            result = server.call("claude_code", {"prompt": "begin", "timeout_ms": 55_000} | arguments, timeout=60)
            assert result["status"] == "exited", result
            return result, api

    return run


def bash(script):
    return ("Bash", {"command": script, "description": "a test"})


# --- What it says

def test_the_answer_is_what_it_said_and_did(claude):
    result, api = claude(["I look.", bash("echo from-inside; exit 3")], "All *done*.\nSecond line.")
    assert not result.is_error and result["exit_code"] == 0
    assert result["output"]["encoding"] == "transcript"
    first, *lines = result.output.splitlines()
    assert first.startswith("[Claude Code 2.") and "session" in first
    assert lines[:4] == ["I look.", "[Bash " + json.dumps(bash("echo from-inside; exit 3")[1], separators=(",", ":")) + "]",
                         "-> failed: Exit code 3", "   from-inside"]  # fmt: skip
    assert lines[4:6] == ["All *done*.", "Second line."]
    assert lines[6].startswith("[done, 2 turns, ") and "$0." in lines[6] and len(lines) == 7
    assert result.output in result.text
    assert api.result_text(0) == "Exit code 3\nfrom-inside"


def test_its_events_can_be_read_as_they_are(claude):
    def read(server, _):
        task = server.call("claude_code", prompt="begin", timeout_ms=55_000, timeout=60)["task_id"]
        text = server.read(task, offset=0, encoding="text", max_bytes=1 << 20)
        assert text["output"]["encoding"] == "text" and text["output"]["next_offset"] == text["output"]["total_bytes"]
        return [json.loads(line) for line in text.output.splitlines()]

    events = claude("Hello.", read=read)
    assert [events[0]["subtype"], events[-1]["type"], events[-1]["result"]] == ["init", "result", "Hello."]


def test_what_is_read_piece_by_piece_is_the_same(claude):
    turns = [[f"Step {number}.", bash("sleep 0.3; echo x")] for number in range(4)]

    def read(server, _):
        begun = server.call("claude_code", prompt="begin", wait=False)
        rest, end = server.read_all(begun["task_id"])
        assert end["exit_code"] == 0
        whole = server.read(begun["task_id"], offset=0, max_bytes=1 << 20).output
        pieces, offset = "", 0
        while True:
            piece = server.read(begun["task_id"], offset=offset, max_bytes=50)["output"]
            pieces, offset = pieces + piece["text"], piece["next_offset"]
            if not piece["more"]:
                return begun.output + rest, whole, pieces

    followed, whole, pieces = claude(*turns, read=read)
    assert followed == whole == pieces
    assert [line for line in whole.splitlines() if line.startswith("Step")] == [f"Step {number}." for number in range(4)]


def test_an_api_that_refuses_is_a_failure_of_the_task(claude):
    result, _ = claude(*[400] * 20)
    assert result.is_error and result["exit_code"] == 1
    assert "[failed: api_error, 1 turn" in result.output and "the stand-in says no" in result.output


def test_without_credentials_it_says_so(claude):
    result, api = claude("never", env={"ANTHROPIC_API_KEY": None})
    assert result.is_error and result["exit_code"] == 1 and "Not logged in" in result.output
    assert api.requests == []


# --- What it is told

@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.claim("S-22")
def test_the_prompt_arrives_at_the_api_as_it_was_sent(claude, workspace, prompt):
    result, api = claude("Yes.", prompt=prompt)
    assert "\nYes.\n" in result.output
    role, content = api.conversation[0]
    assert role == "user" and content[-1]["text"] == prompt
    assert [path.name for path in workspace.iterdir() if not path.name.startswith(".")] == []


def test_the_model_is_the_one_that_was_asked_for(claude):
    _, api = claude("Yes.", model="claude-of-the-tests-1")
    assert api.requests[0]["body"]["model"] == "claude-of-the-tests-1"


def test_the_work_folder_is_all_that_it_can_change(claude, workspace):
    folder = workspace / "project"
    folder.mkdir()
    (workspace / "secret").write_text("secret of the neighbour")
    write = ("Write", {"file_path": f"{folder}/made", "content": "made inside\n"})
    _, api = claude(write, bash("pwd; cat made ../secret; echo x > ../changed"), workFolder="project")
    assert (folder / "made").read_text() == "made inside\n"
    assert (folder / "made").stat().st_uid == os.getuid()
    text = api.result_text(1)
    assert f"{folder}\nmade inside\n" in text and "secret of the neighbour" not in text
    assert not (workspace / "changed").exists()


# --- What it is kept from

@pytest.fixture
def owner(base, tmp_path):
    """The home of somebody who uses Claude Code on the host: its instructions and settings have a canary in them."""
    home = tmp_path / "owner"
    (home / ".claude" / "commands").mkdir(parents=True)
    (home / ".claude" / "CLAUDE.md").write_text("Always say canary-of-the-instructions.\n")
    hook = {"hooks": {"UserPromptSubmit": [{"hooks": [{"type": "command", "command": "echo canary-of-a-hook"}]}]}}
    (home / ".claude" / "settings.json").write_text(json.dumps(hook))
    (home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True, "userID": "canary-of-the-id"}))
    return home


def tree(directory):
    """Names, contents and times of what is in a directory."""
    return {
        str(path.relative_to(directory)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(directory.rglob("*"))
    }


def sent(api):
    return json.dumps(api.requests)


def test_the_configuration_of_the_host_s_user_is_neither_read_nor_written(claude, owner, shared_state):
    before = tree(owner)
    result, api = claude("Yes.", env={"HOME": str(owner), "CLAUDE_CONFIG_DIR": str(owner / ".claude")})
    assert "\nYes.\n" in result.output and "canary-of" not in sent(api)
    assert tree(owner) == before
    assert (shared_state / "home/claude/.claude.json").exists(), "it has a configuration of its own, inside"


def test_control_the_canary_is_read_without_a_sandbox(owner, workspace):
    with MessagesAPI("Yes.") as api:
        environment = {"HOME": str(owner), "PATH": "/usr/bin:/bin", "DISABLE_AUTOUPDATER": "1"}
        subprocess.run(
            [real_claude.PROGRAM, "--print", "--", "begin"], cwd=workspace, stdin=subprocess.DEVNULL, timeout=60,
            env=environment | real_claude.api_environment(api), capture_output=True, check=True,
        )  # fmt: skip
        assert "canary-of-the-instructions" in sent(api) and "canary-of-a-hook" in sent(api)


@pytest.mark.claim("S-22")
def test_credentials_come_in_by_the_names_of_the_policy_and_no_others(claude):
    others = {name: f"secret-of-{name}" for name in ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "ANTHROPIC_AUTH_TOKEN", "OTHER")}
    look = bash("env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; true")
    _, api = claude(look, "Yes.", env=others)
    assert api.requests[0]["headers"]["x-api-key"] == "key-of-the-tests"
    assert "PAGER=cat" in api.result_text(0), "it has looked"
    assert "secret-of-" not in sent(api)


ATTACK = """
cat {canary}
cat /etc/shadow
ls {place}
echo x > {place}/made
echo x > /proc/1/comm
(echo hello > /dev/tcp/127.0.0.1/{other}) 2>&1
"""


@contextlib.contextmanager
def listener():
    """A server of the host on another port than the API's."""
    with socket.socket() as waiting:
        waiting.bind(("127.0.0.1", 0))
        waiting.listen()
        yield waiting


def was_reached(waiting):
    return bool(select.select([waiting], [], [], 0.2)[0])


@pytest.mark.claim("S-22")
def test_a_command_that_the_model_asks_for_is_held_by_the_sandbox(claude, base, tmp_path, caisson):
    place = tmp_path / "place"
    place.mkdir()
    (place / "canary").write_text("canary-of-the-host")
    with listener() as waiting:
        script = ATTACK.format(canary=place / "canary", place=place, other=waiting.getsockname()[1])
        _, api = claude(bash(script), ("Read", {"file_path": str(place / "canary")}), "Yes.")
        assert "No such file" in api.result_text(0) and "does not exist" in api.result_text(1)
        assert "canary-of-the-host" not in sent(api) and "root:" not in sent(api)
        assert [path.name for path in place.iterdir()] == ["canary"]
        doctor = json.loads(caisson("doctor", "--json").stdout)
        if next(layer for layer in doctor["layers"] if layer["layer"] == "ports")["enforced"]:
            assert not was_reached(waiting)


def test_control_without_a_sandbox_the_same_command_does_all_of_it(tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    (place / "canary").write_text("canary-of-the-host")
    with listener() as waiting:
        script = ATTACK.format(canary=place / "canary", place=place, other=waiting.getsockname()[1])
        ended = subprocess.run(["bash", "-c", script.replace("echo x > /proc/1/comm", "")], capture_output=True, text=True)
        assert "canary-of-the-host" in ended.stdout and (place / "made").exists() and was_reached(waiting)


def test_its_end_is_the_end_of_all_that_it_started(claude):
    script = "(sleep 86312 &); sleep 86312"

    def read(server, _):
        task = server.call("claude_code", prompt="begin", wait=False)["task_id"]
        started = host.wait_until(lambda: len(found := host.with_argument("86312")) >= 2 and found, 30)
        end = server.end(task, grace_ms=200)
        assert end["status"] == "terminated" and end["end"]["proof"]
        return started

    started = claude(bash(script), read=read)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in started)
