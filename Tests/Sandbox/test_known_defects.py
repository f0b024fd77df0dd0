"""Each defect of the original and each bypass on record that concerns running a command, by name.

The numbers are issues of wonderwhy-er/DesktopCommanderMCP unless another repository stands there. What needs the MCP
server is tested with the clients; here the same code is driven from the command line. A command that came to something
would leave the file `canary` in the workspace, or say `uid=`."""
import os
import time

import pytest

import host

# The command list of the original, on which each of these passed or passes.
LIST = ("ls", "echo", "cat", "find", "grep", "git status", "sh")

BYPASSES = {
    "original-prefix-rm": ["ls; touch canary"],
    "original-prefix-lsof": ["lsof"],
    "original-echo-substitution": ["echo", "$(touch canary)"],
    "original-find-exec": ["find", ".", "-maxdepth", "0", "-exec", "touch", "canary", ";"],
    "original-node-e": ["node", "-e", "require('fs').writeFileSync('canary', '')"],
    "217-dollar-substitution": ["sh", "-c", "echo $(touch canary; id)"],
    "217-backticks": ["sh", "-c", "echo `touch canary; id`"],
    "218-absolute-path": ["/usr/bin/touch", "canary"],
    "218-absolute-path-in-shell": ["sh", "-c", "/usr/bin/touch canary"],
    "219-symlink": ["sh", "-c", "exec ./link canary"],
    "219-symlink-direct": ["./link", "canary"],
    "421-quotes": ["sh", "-c", '"touch" canary; t""ouch canary; \\touch canary'],
    "421-wildcards": ["sh", "-c", "/usr/bin/touc? canary; /usr/bin/t*ch canary"],
    "422-newline": ["sh", "-c", "ls\ntouch canary\nid"],
    "556-newline": ["ls\ntouch canary"],
    "423-CVE-2025-11491-quoted": ["sh", "-c", "ls && 'touch' canary"],
    "CVE-2025-11490-absolute": ["sh", "-c", "/bin/../usr/bin/touch canary"],
    "497-process-substitution": ["sh", "-c", "cat <(touch canary)"],
    "tumf-mcp-shell-server-32": ["sh", "-c", "ls | xargs touch canary"],
    "hdresearch-mcp-shell-16": ["sh", "-c", "ls; touch canary"],
    "hdresearch-mcp-shell-17": ["sh", "-c", "ls || touch canary; ls && touch canary"],
    "andresthor-cmd-line-mcp-5": ["sh", "-c", "echo a\n\ntouch canary"],
    "MladenSU-cli-mcp-server-22": ["sh", "-c", "echo \"$(touch canary)\""],
    "git-alias": ["git", "-c", "alias.x=!touch canary", "x"],
    "git-status-suffix": ["git", "status; touch canary"],
}


@pytest.fixture
def original(caisson):
    return caisson.policy("original", commands=caisson.allow(*LIST))


@pytest.mark.parametrize("name", BYPASSES)
@pytest.mark.clause("commands.allow")
def test_bypass(caisson, original, name):
    if "symlink" in name:
        (caisson.workspace / "link").symlink_to("/usr/bin/touch")
    ended = caisson.run(*BYPASSES[name], policy=original)
    assert not (caisson.workspace / "canary").exists(), ended.text
    assert b"uid=" not in ended.out + ended.err


@pytest.mark.control("commands.allow")
def test_the_control_without_a_list_the_canary_comes(caisson):
    for name in ("217-backticks", "422-newline", "497-process-substitution", "tumf-mcp-shell-server-32", "219-symlink"):
        line = BYPASSES[name]
        (caisson.workspace / "link").unlink(missing_ok=True)
        (caisson.workspace / "link").symlink_to("/usr/bin/touch")
        line = ["bash", *line[1:]] if name.startswith("497") else line
        caisson.run(*line, policy="open")
        assert (caisson.workspace / "canary").exists(), name
        (caisson.workspace / "canary").unlink()


@pytest.mark.parametrize("target", ["/etc/passwd", "missing"])
def test_219_420_a_link_in_the_workspace_to_a_place_outside(caisson, original, target):
    outside = caisson.base / "outside"
    (caisson.workspace / "out").symlink_to(outside if target == "missing" else target)
    before = open("/etc/passwd").read()
    caisson.run("sh", "-c", "echo broken > out", policy=original)
    assert open("/etc/passwd").read() == before and not outside.exists()


def test_403_files_outside_of_the_workspace(caisson, original):
    secret = caisson.base / "secret"
    secret.write_text("canary")
    for path in (secret, "/etc/shadow", "/etc/machine-id", "/root/.bashrc", "/proc/1/environ"):
        ended = caisson.run("cat", str(path), policy=original)
        assert ended.out == b"" and ended.code == 1, path


def test_395_standard_error_of_what_fails_at_once_is_not_lost(caisson, original):
    for number in range(20):
        ended = caisson.run("sh", "-c", f"echo fail{number} >&2; exit 3", policy=original)
        assert (ended.code, ended.err) == (3, f"fail{number}\n".encode())


def test_195_166_output_is_there_after_the_end_of_a_background_task(caisson, original):
    task = caisson.detach("sh", "-c", "echo out; echo err >&2", policy=original)
    task.wait()
    for _ in range(2):
        assert sorted(task.logs().split()) == [b"err", b"out"]


def test_original_output_is_not_told_twice(caisson, original):
    """On completion the original returned all output plus the unread part of it."""
    task = caisson.detach("sh", "-c", "echo once", policy=original)
    task.wait()
    assert task.logs() == b"once\n" and task.logs("--from", "5") == b""


def test_original_streams_are_apart_and_bytes_are_whole(caisson, original):
    """It merged both streams, and decoded chunk by chunk."""
    text = "äöü€😀" * 5000
    (caisson.workspace / "text").write_text(text)
    ended = caisson.run("sh", "-c", "cat text; echo e >&2", policy=original)
    assert ended.out.decode() == text and ended.err == b"e\n"


def test_original_output_beyond_a_mebibyte_is_kept(caisson, policy):
    task = caisson.detach("probe", "flood", str(5 << 20), policy=policy)
    task.wait()
    assert len(task.logs()) == 5 << 20


def test_original_a_kill_reaches_all_descendants(caisson, policy):
    """It reached only the shell; claude-code #93794: 39 `yes` processes ran for 8 hours."""
    task = caisson.detach("probe", "linger", "original-kill", "setsid", "daemon", "ignore", policy=policy).says("ready")
    assert len(host.having("original-kill")) == 4
    task.stop("--grace", "0s").ok()
    assert host.having("original-kill") == []


def test_pi_go_92_a_grandchild_that_keeps_the_pipe_open_does_not_hold_the_end(caisson, original):
    policy = caisson.policy("sleeping", commands=caisson.allow("sh", "sleep"))
    started = time.monotonic()
    ended = caisson.run("sh", "-c", "sleep 300 & echo done", policy=policy)
    assert ended.text == "done\n" and time.monotonic() - started < 20


def test_original_secrets_of_the_environment_are_not_inherited(caisson, original):
    ended = caisson.run("sh", "-c", "set", policy=original, env={"AWS_SECRET_ACCESS_KEY": "canary", "X_TOKEN": "canary"})
    assert b"canary" not in ended.out and b"PATH=" in ended.out


def test_original_an_exit_by_signal_is_told(caisson, original):
    ended = caisson.run("sh", "-c", "kill -SEGV $$", policy=original, options=["--json"])
    assert ended.code == 139 and ended.view["status"] == "signaled"


def test_original_ended_tasks_are_listed(caisson, policy):
    task = caisson.detach("probe", "exit", "4", policy=policy)
    task.wait()
    assert task.id in caisson.call("ps", "--all", "--json").ok().text
    assert task.id not in caisson.call("ps", "--json").ok().text


def test_original_a_task_id_is_no_process_id(caisson, policy):
    task = caisson.detach("probe", "exit", "4", policy=policy)
    assert len(task.id) == 32 and int(task.id, 16)
    other = caisson.detach("probe", "exit", "4", policy=policy)
    assert task.id[:8] != other.id[:8]


def test_661_tasks_outlive_the_front_end(caisson, policy):
    """No persistence: a restart lost every session. Here every call is a new front end."""
    task = caisson.detach("probe", "linger", "outlives", policy=policy).says("ready")
    assert caisson.call("inspect", task.id[:12]).ok().text.count("running")
    assert host.session(task.pid)["terminal"] == 0
