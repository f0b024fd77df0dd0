"""The defects of the MCP server from which Caisson comes: each is a test that names it.

What a command did is judged by what it left behind, never by what is said of it. Where something must not happen, the same
command first does it without Caisson, so that a test that could not fail would be noticed.
"""

import json
import os
import re
import shutil
import subprocess
import time

import pytest

import host


@pytest.fixture
def canary(workspace):
    return workspace / "canary"


def does_it_without_caisson(canary, line):
    """The control: a plain shell makes the canary."""
    subprocess.run(["bash", "-c", line], cwd=canary.parent, check=False, capture_output=True, timeout=20)
    assert canary.exists(), f"this proves nothing: {line}"
    canary.unlink()


# --- The list of commands

@pytest.mark.parametrize(
    "line",
    [
        pytest.param("ls; touch canary", id="semicolon"),
        pytest.param("ls && touch canary", id="and"),
        pytest.param("ls nothing || touch canary", id="or"),
        pytest.param("ls | touch canary", id="pipe"),
        pytest.param("ls & touch canary", id="background"),
        pytest.param("echo $(touch canary)", id="substitution"),
        pytest.param("echo `touch canary`", id="backticks"),
        pytest.param("ls\ntouch canary", id="newline"),
        pytest.param("echo x > canary", id="redirection"),
        pytest.param("find . -maxdepth 0 -exec touch canary ;".replace(";", "\\;"), id="find-exec"),
    ],
)
@pytest.mark.parametrize("policy", ["list", "default"])
@pytest.mark.claim("S-09")
def test_defect_11_the_list_was_a_prefix_of_a_shell_string(serve, canary, policy, line):
    does_it_without_caisson(canary, line)
    result = serve(policy).command(line)
    assert not canary.exists()
    assert result.is_error and result["status"] in ("refused", "exited")


@pytest.mark.parametrize("argv", [["truncate", "-s", "3", "canary"], ["trust", "x"], ["cpp", "-o", "canary", "/dev/null"]])
def test_defect_11_a_program_whose_name_begins_like_an_allowed_one(serve, canary, argv):
    """`tr` and `cp` are on the list; `truncate`, `trust` and `cpp` are not."""
    server = serve("list")
    result = server.run(*argv)
    line = server.command(" ".join(argv))
    assert not canary.exists()
    for one in (result, line):
        assert one.is_error and "task_id" not in one.structured


@pytest.mark.parametrize(
    "argv",
    [
        ["python3", "-c", "import subprocess; subprocess.run(['touch', 'canary'])"],
        ["python3", "-c", "import os; os.execv('/usr/bin/touch', ['touch', 'canary'])"],
        ["perl", "-e", "system('touch', 'canary')"],
        ["sh", "-c", "touch canary"],
        ["find", ".", "-maxdepth", "0", "-exec", "touch", "canary", ";"],
        ["env", "touch", "canary"],
        ["sh", "-c", "echo canary | xargs touch"],
        ["sh", "-c", "cp /usr/bin/touch ./ls && ./ls canary"],
        ["sh", "-c", "cp /usr/bin/touch $TMPDIR/ls && $TMPDIR/ls canary"],
        ["sh", "-c", "/lib64/ld-linux-*.so.* /usr/bin/touch canary || /lib/ld-linux-*.so.* /usr/bin/touch canary"],
    ],
    ids=lambda argv: " ".join(argv)[:40],
)
def test_defect_11_an_allowed_interpreter_started_anything(serve, canary, argv, tmp_path):
    """The kernel holds what an allowed program starts to the same list."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run(argv, cwd=canary.parent, env=environment, check=False, capture_output=True, timeout=20)
    assert canary.exists(), "this proves nothing"
    canary.unlink()
    result = serve("interpreters").run(*argv)
    assert result["task_id"], "it was started, and the kernel stopped it"
    assert not canary.exists()


@pytest.mark.skipif(not shutil.which("node", path="/usr/local/bin:/usr/bin:/bin"), reason="node is not installed here")
def test_defect_11_node_started_anything(serve, canary):
    result = serve("default").run("node", "-e", "require('child_process').execFileSync('touch', ['canary'])")
    assert not canary.exists()
    assert result.is_error


# --- wait

def test_defect_11_wait_false_was_ignored(server):
    begun = time.monotonic()
    result = server.run("sleep", "30", wait=False)
    assert time.monotonic() - begun < 10
    assert result["status"] == "running" and not result.is_error


def test_defect_11_wait_true_answered_before_the_end(server):
    result = server.run("sh", "-c", "sleep 1; echo end")
    assert (result["status"], result.output) == ("exited", "end\n")


def test_defect_11_timeout_ms_detaches_and_does_not_kill(server):
    result = server.run("sh", "-c", "echo begin; sleep 1.5; echo end", timeout_ms=500)
    assert result["status"] == "running" and result.output == "begin\n" and not result.is_error
    assert "read_output" in result["next"] and result["task_id"] in result["next"]
    text, end = server.read_all(result["task_id"])
    assert (text, end["exit_code"]) == ("end\n", 0)


# --- output

def test_defect_11_output_still_in_the_pipe_at_the_exit_was_lost(server):
    for number in range(10):
        result = server.run("sh", "-c", f"head -c 25000 /dev/zero | tr '\\0' x; exit {number}")
        assert result.output == "x" * 25000 and result["exit_code"] == number


def test_defect_11_final_output_was_given_twice(server):
    result = server.run("sh", "-c", "echo once; sleep 1; echo twice", timeout_ms=500)
    text, _ = server.read_all(result["task_id"])
    assert result.output + text == "once\ntwice\n"
    for _ in range(3):
        again = server.read(result["task_id"])
        assert again.output == "" and not again["output"]["more"]


def test_defect_11_streams_were_merged(server):
    task = server.run("sh", "-c", "echo out; echo err >&2; echo out")["task_id"]
    assert server.read(task, stream="stdout", offset=0).output == "out\nout\n"
    assert server.read(task, stream="stderr", offset=0).output == "err\n"
    assert sorted(server.read(task, stream="both", offset=0).output.split()) == ["err", "out", "out"]


def test_defect_11_a_character_was_split_between_chunks(server):
    """Each byte of the characters is written by itself, while somebody reads."""
    script = "for b in '\\303' '\\244' '\\342' '\\202' '\\254' '\\360' '\\237' '\\230' '\\200'; do printf $b; sleep 0.1; done"
    begun = server.run("sh", "-c", script, wait=False)
    text, _ = server.read_all(begun["task_id"])
    assert begun.output + text == "ä€😀"


def test_defect_11_the_oldest_output_past_1_mib_vanished(server):
    task = server.run("sh", "-c", "seq 1 300000", timeout_ms=50_000)["task_id"]
    first = server.read(task, offset=0, max_bytes=20)
    assert first.output.startswith("1\n2\n3\n")
    total = first["output"]["total_bytes"]
    assert total == sum(len(str(number)) + 1 for number in range(1, 300001)) > 1 << 20
    assert server.read(task, tail=2).output == "299999\n300000\n"


def test_defect_11_the_first_answer_had_no_bound(server):
    result = server.run("sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x", timeout_ms=50_000)
    assert len(result.output) <= 32 << 10
    assert result["output"]["more"] and result["output"]["total_bytes"] == 5_000_000
    assert str(result["output"]["next_offset"]) in result["next"]


# --- the end

@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep {0} & sleep {0} & wait", id="children"),
        pytest.param("setsid sh -c 'sleep {0}' & wait", id="a session of its own"),
        pytest.param("(setsid sh -c 'setsid sleep {0} &' &); sleep {0}", id="double fork"),
        pytest.param("trap '' TERM INT HUP; sh -c 'trap \"\" TERM; sleep {0}' & sleep {0}", id="ignored signals"),
        pytest.param("sh -c 'kill -STOP $$; sleep {0}' & sleep {0}", id="a stopped one"),
    ],
)
def test_defect_11_the_kill_reached_only_the_shell(server, script):
    marker = f"{os.getpid()}.{time.time_ns() % 10**9}"
    task = server.start("sh", "-c", script.format(marker))
    host.wait_until(lambda: host.with_argument(marker), 10)
    end = server.end(task, grace_ms=100)
    assert host.with_argument(marker) == []
    assert end["status"] == "terminated" and end["end"]["proof"]["at"]


def test_defect_11_what_a_task_left_behind_at_its_exit_ran_on(server):
    marker = f"{os.getpid()}.{time.time_ns() % 10**9}"
    result = server.run("sh", "-c", f"setsid sleep {marker} & exit 4")
    assert (result["status"], result["exit_code"]) == ("exited", 4)
    assert host.with_argument(marker) == []


# --- what children inherited

def test_defect_11_children_inherited_the_server_s_environment(serve):
    server = serve(env={"DATABASE_PASSWORD": "hunter2", "AWS_SECRET_ACCESS_KEY": "hunter2"})
    result = server.run("sh", "-c", "env; cat /proc/*/environ | tr '\\0' '\\n'")
    assert "hunter2" not in result.output and "PATH=" in result.output


def test_defect_11_children_inherited_the_server_s_privileges(server):
    task = server.start("sleep", "60")
    status = host.status(server.read(task)["pid"])
    assert {key: status[key] for key in status if key.startswith("Cap")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16
    )
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    uids = set(status["Uid"].split())
    assert len(uids) == 1 and "0" not in uids
    if os.getuid() == 0:
        assert int(uids.pop()) > 65536, "a uid of the tenant's range, which owns nothing on this host"


def test_defect_11_children_inherited_descriptors(server):
    result = server.run("ls", "/proc/self/fd")
    assert result.output.split() == ["0", "1", "2", "3"], "the three, and that of the listing itself"


def test_defect_11_there_was_no_stdin(server):
    assert server.run("sort", stdin="b\na\n").output == "a\nb\n"
    assert server.run("cat").output == "", "without any, the input ends at once"
    big = "x" * 200_000 + "\n"
    assert server.run("wc", "-c", stdin=big).output.strip() == "200001"


def test_defect_11_there_were_no_limits(serve):
    wall = serve("brief").run("sleep", "60")
    assert (wall["status"], wall["end"]["cause"]) == ("timed_out", "wall")
    assert "1 s" in wall["reason"]
    few = serve("few-processes")
    script = "i=0; while [ $i -lt 40 ]; do sleep 30 & i=$((i+1)); done; echo all"
    result = few.run("sh", "-c", script)
    assert "all" not in result.output, "a shell that can't fork gives up"
    size = few.run("sh", "-c", "head -c 3000000 /dev/zero > big; stat -c %s big")
    assert "3000000" not in size.output


# --- sessions

def test_defect_11_sessions_had_the_pid_as_their_name(server):
    tasks = {server.run("true")["task_id"] for _ in range(20)}
    assert len(tasks) == 20
    assert all(re.fullmatch("[0-9a-f]{32}", task) for task in tasks)


def test_defect_11_a_pid_still_finds_its_task(server):
    task = server.start("sleep", "60")
    pid = server.read(task)["pid"]
    assert server.call("read_output", pid=pid)["task_id"] == task
    assert server.call("force_terminate", pid=pid)["task_id"] == task
    assert server.call("read_output", pid=pid)["status"] == "terminated"


def test_defect_11_ended_sessions_were_not_listed(serve, own_state):
    server = serve(state=own_state)
    expected = {
        server.run("true")["task_id"]: "exited",
        server.run("sh", "-c", "kill -9 $$")["task_id"]: "signaled",
        server.start("sleep", "60"): "running",
    }
    listed = {one["task_id"]: one["status"] for one in server.call("list_sessions")["sessions"]}
    assert listed == expected
    for status in ("exited", "signaled", "running"):
        some = server.call("list_sessions", status=status)["sessions"]
        assert [one["task_id"] for one in some] == [task for task in expected if expected[task] == status]


def test_defect_11_a_failure_was_no_error(server):
    result = server.run("sh", "-c", "echo bad >&2; exit 3")
    assert result.is_error and result["exit_code"] == 3 and "signal" not in result.structured
    assert "exited with code 3" in result.text and "bad" in result.text


def test_defect_11_the_signal_of_an_exit_was_not_told(server):
    result = server.run("sh", "-c", "kill -SEGV $$")
    assert result.is_error and result["signal"] == "SIGSEGV" and "exit_code" not in result.structured


# --- the original's own settings

def test_the_original_s_list_in_the_environment_adds_to_the_policy_s(serve, workspace):
    server = serve("original", env={"ALLOWED_COMMANDS": "touch,wc -c"})
    assert not server.run("touch", "made").is_error and (workspace / "made").exists()
    assert not server.run("wc", "-c", "made").is_error
    assert server.run("wc", "-l", "made")["status"] == "refused"
    assert server.run("rm", "made")["status"] == "refused" and (workspace / "made").exists()


def test_the_original_s_switch_lifts_the_list_and_nothing_else(serve, workspace, base):
    server = serve("original", env={"ALLOW_ALL_COMMANDS": "true"})
    assert not server.run("touch", "made").is_error
    outside = base / "outside"
    outside.write_text("secret")
    assert "secret" not in server.run("cat", outside.as_posix()).output
    task = server.start("sleep", "60")
    status = host.status(server.read(task)["pid"])
    assert status["CapEff"] == "0" * 16 and status["Seccomp"] == "2"


def test_the_original_s_settings_do_nothing_where_the_policy_does_not_say_so(serve, workspace):
    server = serve("list", env={"ALLOWED_COMMANDS": "touch", "ALLOW_ALL_COMMANDS": "true"})
    assert server.run("touch", "made")["status"] == "refused"
    assert not (workspace / "made").exists()


def test_the_environment_of_a_call_is_not_the_server_s(serve, workspace):
    """Whoever calls can't switch the list off."""
    server = serve("original")
    result = server.run("touch", "made", env={"ALLOW_ALL_COMMANDS": "true"})
    assert result.is_error and not (workspace / "made").exists()
    assert json.dumps(result.structured)
