"""Every bypass and failure on record for Desktop Commander and its like: each is a test that names its issue.

Numbers are those of the issues in the repository of Desktop Commander; `shell-server`, `hdresearch`, `cmd-line` and
`cli-server` are those of four other servers. What a command did is judged by what it left behind; a plain shell does it
first, so that a test that could not fail would be noticed.
"""

import os
import random
import subprocess
import time

import pytest

import host

# `touch` is not on the list of the policy `list`; `echo`, `ls`, `cat` and `find` are.
BYPASSES = {
    "dc_217_command_substitution": "echo $(touch canary)",
    "dc_217_backticks": "echo `touch canary`",
    "dc_217_nested_substitution": 'echo "$(echo $(touch canary))"',
    "dc_218_absolute_path": "/usr/bin/touch canary",
    "dc_218_path_with_dots": "/usr/bin/../bin/./touch canary",
    "dc_421_quoted_name": '"touch" canary',
    "dc_421_name_quoted_in_part": "to'uc'h canary",
    "dc_421_escaped_name": "t\\ouch canary",
    "dc_421_wildcard": "/usr/bin/touc* canary",
    "dc_421_question_mark": "/usr/bin/touc? canary",
    "dc_422_newline": "ls\ntouch canary",
    "dc_556_newline_in_the_middle": "echo a\ntouch canary\necho b",
    "dc_556_carriage_return_and_newline": "ls\r\ntouch canary",
    "dc_423_quoted_command_after_semicolon": 'ls; "touch" canary',
    "dc_423_empty_quotes": 'ls;""touch canary',
    "dc_497_process_substitution": "cat <(touch canary)",
    "dc_497_output_process_substitution": "echo x > >(touch canary; cat)",
    "shell_server_32_and": "ls && touch canary",
    "hdresearch_16_pipe": "echo canary | xargs touch",
    "hdresearch_17_background": "ls & touch canary & wait",
    "cmd_line_5_newline": "echo x\n/usr/bin/touch canary",
    "cli_server_22_substitution_in_quotes": 'echo "$(touch canary)"',
    "variable": "X=touch; $X canary",
    "assignment_before_the_command": "A=1 touch canary",
    "brace_expansion": "{touch,canary}",
    "field_separator": "touch${IFS}canary",
    "here_document": "sh <<END\ntouch canary\nEND",
    "eval": "eval 'touch canary'",
    "builtin_command": "command touch canary",
    "builtin_exec": "exec touch canary",
    "subshell": "(touch canary)",
    "group": "{ touch canary; }",
    "ansi_quotes": "$'touch' canary",
    "function": "f() { touch canary; }; f",
    "env": "env touch canary",
    "find_exec": "find . -maxdepth 0 -exec touch canary \\;",
    "redirection": "echo x > canary",
    "append": "echo x >> canary",
    "tilde_and_redirection": "echo x >canary 2>&1",
    "copy_of_a_program": "cp /usr/bin/touch ls && ./ls canary",
}


@pytest.fixture
def canary(workspace):
    return workspace / "canary"


def in_a_plain_shell(line, canary):
    subprocess.run(["bash", "-c", line], cwd=canary.parent, check=False, capture_output=True, timeout=20)
    return canary.exists()


@pytest.mark.parametrize("line", BYPASSES.values(), ids=BYPASSES)
def test_bypass_of_the_list(serve, canary, line):
    assert in_a_plain_shell(line, canary), "this proves nothing"
    canary.unlink()
    for left in canary.parent.iterdir():  # the copy of a program, made by the shell
        left.unlink()
    result = serve("list").command(line)
    assert not canary.exists()
    assert result.is_error
    assert "task_id" not in result.structured or result["argv"][0] in ("find", "echo", "ls", "cat")


@pytest.mark.parametrize("line", BYPASSES.values(), ids=BYPASSES)
def test_bypass_of_the_list_with_a_shell_that_is_allowed(serve, canary, line):
    """The policy hands the string to sh: what is not on the list does not start all the same.

    A plain redirection writes in the workspace, which the task may; it is left out here.
    """
    if ">" in line and "touch" not in line:
        line = line.replace("canary", "/etc/canary")
    result = serve("interpreters").command(line)
    assert not canary.exists()
    assert not os.path.exists("/etc/canary")
    assert result["status"] in ("exited", "refused")


def test_dc_218_an_allowed_program_by_its_path_is_the_same_program(serve, workspace):
    (workspace / "file").write_text("text")
    assert serve("list").run("/usr/bin/cat", "file").output == "text"


@pytest.mark.parametrize("name", ["cat", "./cat", "bin/cat"])
def test_a_program_of_the_workspace_with_an_allowed_name_is_another_program(serve, workspace, canary, name):
    (workspace / "bin").mkdir()
    for place in (workspace / "cat", workspace / "bin" / "cat"):
        place.write_text("#!/bin/sh\ntouch canary\n")
        place.chmod(0o755)
    result = serve("list", env={"PATH": f"{workspace}:{workspace}/bin:/usr/bin:/bin"}).run(name)
    assert not canary.exists()
    assert result.is_error or name == "cat"


# --- Files

@pytest.fixture
def outside(base):
    """A file of the host that is in no workspace."""
    path = base / "outside.txt"
    path.write_text("a secret of the host\n")
    path.chmod(0o666)
    return path


def test_dc_219_a_symbolic_link_led_out_of_the_directory(server, workspace, outside):
    (workspace / "link").symlink_to(outside)
    result = server.run("sh", "-c", "cat link; echo changed > link; ls -la; cp link copy")
    assert "secret" not in result.output and "secret" not in server.read(result["task_id"], offset=0).output
    assert outside.read_text() == "a secret of the host\n"
    assert not (workspace / "copy").exists() or (workspace / "copy").read_text() == "changed\n"


def test_dc_420_a_symbolic_link_to_something_that_was_not_there_yet(server, workspace, base):
    target = base / "not-there-yet"
    (workspace / "link").symlink_to(target)
    server.run("sh", "-c", "echo made > link; touch link")
    assert not target.exists()


def test_dc_420_a_directory_link_out_of_the_workspace(server, workspace, base):
    (workspace / "link").symlink_to(base)
    server.run("sh", "-c", "echo made > link/made-through-link; mkdir link/made")
    assert not (base / "made-through-link").exists() and not (base / "made").exists()


def test_cve_2025_11489_a_link_that_the_task_makes(server, workspace, outside):
    result = server.run("sh", "-c", f"ln -s {outside} own; cat own; ln {outside} hard; cat hard; mv {outside} moved")
    assert "secret" not in result.output
    assert outside.read_text() == "a secret of the host\n"


def test_dc_403_the_default_configuration_checked_no_path(serve, outside):
    server = serve("default")
    for path in (outside, "/etc/shadow", "/root/.ssh/id_rsa", "/proc/1/environ", os.path.expanduser("~/.bashrc")):
        result = server.run("cat", str(path))
        assert result.is_error, path
        assert "secret" not in result.output
    listing = server.run("ls", "/root", "/home", str(outside.parent))
    assert outside.name not in listing.output


def test_dc_403_only_the_workspace_can_be_written(server, workspace, base):
    before = {path for path in base.iterdir()}
    script = f"for d in / /usr /usr/bin /etc /var /root /home /dev /proc {base} {workspace}/..; do echo x > $d/made; done"
    server.run("sh", "-c", script)
    assert {path for path in base.iterdir()} == before
    for place in ("/", "/usr", "/usr/bin", "/etc", "/var", "/root", "/home", "/dev"):
        assert not os.path.exists(f"{place}/made")


# --- Input of a running program

@pytest.mark.parametrize(
    ("program", "text"),
    [
        (["sh"], "touch canary\n"),
        (["bash", "-i"], "touch canary\n"),
        (["python3", "-i"], "import subprocess; subprocess.run(['touch', 'canary'])\n"),
        (["xargs", "touch"], "canary\n"),
        (["perl"], "system('touch canary');\n"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_dc_548_what_a_program_was_sent_was_not_checked(serve, canary, program, text):
    subprocess.run(program, input=text.encode(), cwd=canary.parent, check=False, capture_output=True, timeout=20)
    assert canary.exists(), "this proves nothing"
    canary.unlink()
    result = serve("interpreters").run(*program, stdin=text)
    assert result["task_id"]
    assert not canary.exists()


# --- Fuzzing

def test_dc_411_no_random_command_string_gets_past_the_list(serve, canary):
    """Pieces of shell syntax around `touch canary`, in every order. A plain shell makes the canary with many of them."""
    pieces = [
        "touch canary", "touch", "canary", "echo", "ls", "cat", ";", "&&", "||", "|", "&", "\n", "$(", ")", "`", "<(", ">(",
        '"', "'", "\\", "{", "}", ",", "$IFS", "${IFS}", " ", " ", " ", "\t", "\r", "#", "!", "*", "?", "=", "A=1", "eval",
        "exec", "command", "env", "sh -c", "$'", "\\x74", "/usr/bin/", "./", "2>&1", "\u00a0", "\u2028", "\x0b", "--",
    ]  # fmt: skip
    source = random.Random(411)
    lines = ["".join(source.choice(pieces) for _ in range(source.randint(1, 9))) for _ in range(150)]
    joints = [";", "\n", "&&", "|", "&", "||", "\r\n"]
    begin = ["ls", "echo x", "cat /dev/null", "A=1", *pieces]
    lines += [source.choice(begin) + source.choice(joints) + "touch canary" + source.choice(pieces) for _ in range(100)]
    lines = [line for line in lines if line.strip() and ">" not in line]
    server = serve("list")
    numbers = [server.begin("execute_command", command=line, timeout_ms=20_000) for line in lines]
    for line, number in zip(lines, numbers):
        server.finish(number)
        assert not canary.exists(), repr(line)
    made = 0
    for line in lines[-100:]:
        made += in_a_plain_shell(line, canary)
        canary.unlink(missing_ok=True)
    assert made > 5, "the strings are harmless: this proves nothing"


# --- Reliability

def test_dc_395_stderr_of_programs_that_fail_fast_was_lost(server):
    numbers = [server.begin("execute_command", argv=["ls", f"/nothing/{count}"]) for count in range(40)]
    for count, number in enumerate(numbers):
        result = server.finish(number)
        assert f"/nothing/{count}" in result.output and result["exit_code"] == 2


@pytest.mark.parametrize("wait", [True, False])
def test_dc_195_and_dc_166_output_was_gone_after_the_exit(server, wait):
    task = server.run("echo", "kept", wait=wait)["task_id"]
    host.wait_until(lambda: server.read(task, offset=0)["status"] == "exited", 10)
    for _ in range(2):
        result = server.read(task, offset=0)
        assert result.output == "kept\n" and result["exit_code"] == 0


@pytest.mark.parametrize("prompt", ["...", ">>> ", "$ ", "# ", "> ", "mysql> ", "Error:", "Traceback"])
def test_dc_196_output_that_looks_like_a_prompt_was_taken_for_the_end(server, prompt):
    result = server.run("sh", "-c", f"printf '{prompt}'; sleep 0.7; echo end")
    assert (result["status"], result.output) == ("exited", f"{prompt}end\n")


def test_dc_591_and_dc_451_one_call_that_hangs_blocked_all_others(server):
    waiting = [server.begin("execute_command", argv=["sleep", "60"]) for _ in range(5)]
    begun = time.monotonic()
    assert server.run("echo", "x").output == "x\n"
    assert time.monotonic() - begun < 20
    assert not any(server.has_answer(number) for number in waiting)


def test_dc_661_sessions_did_not_survive_a_restart(serve):
    server = serve()
    task = server.start("sleep", "60")
    server.kill()
    assert serve().read(task)["status"] == "running"


def test_dc_101_and_dc_244_waiting_needed_one_poll_after_another(server):
    """One call of read_output comes back with the output when it is there, and one more with the end."""
    task = server.start("sh", "-c", "sleep 1; echo made; sleep 1")
    first = server.read(task, timeout_ms=30_000)
    assert (first.output, first["status"]) == ("made\n", "running")
    second = server.read(task, timeout_ms=30_000)
    assert (second.output, second["status"]) == ("", "exited")


def test_dc_101_waiting_for_a_pattern(server):
    task = server.start("sh", "-c", "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done; sleep 60")
    result = server.read(task, offset=0, until="line 4", timeout_ms=30_000)
    assert "line 4\n" in result.output and result["status"] == "running"


def test_dc_397_text_had_to_be_quoted_for_a_shell(server):
    text = "it's \"quoted\" $(touch canary) `id` \\ \n"
    assert server.run("cat", stdin=text).output == text
