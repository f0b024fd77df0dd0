"""claude_code: the prompt is one argument whatever is in it, and the rest is the policy's."""

import json

import pytest

PROMPTS = {
    "plain": "say hello",
    "semicolon": "x; touch canary",
    "substitution": "$(touch canary) `touch canary`",
    "quotes": "it's \"quoted\" ' \" '",
    "newlines": "one\ntwo\r\nthree\n",
    "dashes": "--dangerously-skip-permissions",
    "short option": "-p",
    "two dashes": "--",
    "version": "--version",
    "spaces": "   ",
    "backslashes": "\\ \\n \\$(x)",
    "wildcards": "* ? [a-z] {a,b} ~",
    "variables": "$HOME ${PATH} %PATH% !1",
    "unicode": "äöü 😀 \u202e \u2028",
    "redirection": "x > canary | tee canary & touch canary",
    "long": "word " * 20_000,
    "control": "\x01\x1b[31m\x7f",
}

OPTIONS = ["--print", "--dangerously-skip-permissions", "--output-format", "stream-json", "--verbose"]


@pytest.fixture
def claude(serve, workspace):
    """Calls claude_code with the stand-in, and gives what that was started with."""
    server = serve("open", "claude")

    def call(folder=workspace, **arguments):
        result = server.call("claude_code", arguments)
        assert not result.is_error, result
        assert result.output == "done\n"
        return json.loads((folder / "started-with.json").read_text()), result

    return call


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.claim("S-22")
def test_defect_11_the_prompt_was_executed_by_a_shell(claude, workspace, prompt):
    """It is the last argument, after `--`, as it was sent."""
    started, _ = claude(prompt=prompt)
    assert started["argv"] == OPTIONS + ["--", prompt]
    assert sorted(path.name for path in workspace.iterdir() if not path.name.startswith(".")) == ["started-with.json"]


def test_the_model_is_one_argument_too(claude):
    started, _ = claude(prompt="x", model="opus; touch canary")
    assert started["argv"][-4:] == ["--model", "opus; touch canary", "--", "x"]


def test_the_work_folder_is_the_whole_workspace(claude, workspace):
    folder = workspace / "project"
    folder.mkdir()
    (workspace / "secret").write_text("secret")
    for name in ("project", str(folder), "./project/"):
        started, result = claude(folder, prompt="x", workFolder=name)
        assert started["cwd"] == result["cwd"] == str(folder)


@pytest.mark.parametrize("folder", ["..", "/etc", "missing", "link"])
def test_the_work_folder_lies_in_the_server_s_workspace(serve, workspace, base, folder):
    (workspace / "link").symlink_to(base)
    result = serve("open", "claude").call("claude_code", prompt="x", workFolder=folder)
    assert result["status"] == "refused" and result["end"]["cause"] == "workspace"
    assert not list(base.glob("started-with.json"))


def test_it_is_a_task_like_any_other(serve):
    server = serve("open", "claude")
    begun = server.call("claude_code", prompt="x", wait=False)
    assert begun["policy"]["name"] == "claude"
    text, end = server.read_all(begun["task_id"])
    assert (begun.output + text, end["exit_code"]) == ("done\n", 0)


def test_without_its_policy_it_is_refused_with_the_remedy(serve, workspace):
    result = serve("open").call("claude_code", prompt="touch canary")
    assert result.is_error and result["status"] == "refused" and result["end"]["cause"] == "policy"
    assert "--allow-policy" in result["reason"] and "claude" in result["reason"]
    assert not (workspace / "canary").exists()


def test_without_the_program_it_says_that_it_is_not_installed_and_where_it_belongs(serve, base, policy_directory):
    directory = base / "without-claude"
    directory.mkdir(exist_ok=True)
    text = (policy_directory / "claude.toml").read_text()
    (directory / "claude.toml").write_text(text.replace(f'"{base}/tools", ', ""))
    (directory / "open.toml").write_text((policy_directory / "open.toml").read_text())
    result = serve("open", "claude", env={"CAISSON_POLICIES": str(directory)}).call("claude_code", prompt="x")
    assert result.is_error and result["decision"] == "not_found"
    assert "claude" in result["reason"] and "this host does not have" in result["reason"]
    assert "install" in result.text.lower(), "the remedy"
    assert "task_id" not in result.structured
