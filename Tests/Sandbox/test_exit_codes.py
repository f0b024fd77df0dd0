"""The exit codes of `run` and `wait`, and that standard output carries the task's bytes alone."""
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_every_exit_code_of_the_task_is_that_of_run_and_wait(caisson, policy):
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda code: caisson.run("probe", "exit", str(code), policy=policy).code, range(256)))
    assert ended == list(range(256))
    for code in (0, 1, 125, 255):
        assert caisson.detach("probe", "exit", str(code), policy=policy).wait().code == code


@pytest.mark.parametrize("name", ["HUP", "INT", "ABRT", "KILL", "USR1", "SEGV", "PIPE", "TERM", "SYS", "RTMAX"])
def test_the_end_by_a_signal_is_128_and_its_number(caisson, policy, name):
    number = getattr(signal, f"SIG{name}")
    before = caisson.ids
    ended = caisson.run("probe", "signal", str(int(number)), policy=policy, options=["--json"])
    assert ended.code == 128 + number
    assert ended.view["status"] == "signaled" and ended.view["end"]["cause"] == "signal"
    assert "exit_code" not in ended.view
    assert caisson.newest(before).wait().code == 128 + number


def test_a_stopped_task_exits_as_the_signal_that_ended_it(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    task.stop().ok()
    ended = task.wait()
    assert ended.code == 128 + signal.SIGTERM
    assert task.inspect()["status"] == "terminated"


def test_a_time_limit_is_124(caisson, policy):
    ended = caisson.run("probe", "pause", policy=policy, options=["--timeout", "300ms", "--json"])
    assert ended.code == 124
    assert ended.view["status"] == "timed_out" and ended.view["end"]["cause"] == "wall"
    assert ended.view["end"]["proof"]


def test_a_program_that_is_not_there_is_127(caisson, policy):
    ended = caisson.run("no-such-program", policy=policy)
    assert ended.code == 127 and ended.out == b""
    assert "no-such-program" in ended.words


def test_a_program_that_is_not_on_the_list_is_126(caisson, policy):
    ended = caisson.run("id", policy=policy)
    assert ended.code == 126 and ended.out == b""
    assert "probe" in ended.words and "toml" in ended.words, "what would be allowed, and the policy's file"


def test_a_policy_that_is_not_there_is_125(caisson):
    ended = caisson.run("probe", policy="no-such-policy")
    assert ended.code == 125 and ended.out == b""
    assert ended.words.startswith("caisson: ") and "default" in ended.words, "the policies that there are"


def test_standard_output_is_the_task_s_alone(caisson, policy):
    data = bytes(range(256)) * 40
    (caisson.workspace / "data").write_bytes(data)
    (caisson.workspace / "data").chmod(0o644)
    everything = caisson.policy("cat", commands=caisson.allow("cat"))
    assert caisson.run("cat", "data", policy=everything, options=["--json"]).out == data


def test_json_is_the_last_line_on_standard_error_and_has_the_facts(caisson, policy):
    ended = caisson.run("probe", "exit", "3", policy=policy, options=["--json"])
    view = ended.view
    assert (view["status"], view["exit_code"]) == ("exited", 3)
    assert view["argv"] == ["probe", "exit", "3"] and view["cwd"] == str(caisson.workspace)
    assert view["policy"]["name"] == "probe" and view["end"]["proof"]
    assert ended.words.count("\n") == 1
