"""Tasks outlive the server: whatever happens to it, nothing of theirs is lost, and the next one goes on with them."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

import host

COUNTING = "i=0; while sleep 0.02; do i=$((i+1)); echo number $i; done"


@pytest.fixture
def counting(serve, own_state):
    """A server with a task that counts, of which some numbers have been read; then the server is killed."""
    server = serve(state=own_state)
    begun = server.run("sh", "-c", COUNTING, wait=False)
    task, text = begun["task_id"], begun.output
    while "number 20\n" not in text:
        text += server.read(task, timeout_ms=5000).output
    # The place moves once an answer is written, which a busy disk takes its time for: what answers again has moved it.
    server.result("tools/list")
    server.kill()
    return task, text


def numbers(text):
    return [int(line.split()[1]) for line in text.splitlines()]


@pytest.mark.claim("S-30")
def test_a_killed_server_leaves_its_task_running(counting, own_state):
    task, _ = counting
    time.sleep(0.2)
    assert host.monitors(own_state) == {task}


def test_the_next_server_lists_it_as_running(counting, serve, own_state):
    task, _ = counting
    sessions = serve(state=own_state).call("list_sessions")["sessions"]
    assert [(one["task_id"], one["status"]) for one in sessions] == [(task, "running")]


@pytest.mark.claim("S-30")
def test_reading_goes_on_at_the_byte_where_the_last_read_ended(counting, serve, own_state):
    task, text = counting
    server = serve(state=own_state)
    while len(numbers(text)) < 60:
        text += server.read(task, timeout_ms=5000).output
    assert numbers(text) == list(range(1, len(numbers(text)) + 1)), "nothing twice, nothing left out"


def test_the_next_server_ends_it_with_proof(counting, serve, own_state):
    task, _ = counting
    server = serve(state=own_state)
    pid = server.read(task)["pid"]
    end = server.end(task)
    assert not end.is_error and end["status"] == "terminated" and end["end"]["cause"] == "force_terminate"
    assert end["end"]["proof"]["kind"] in ("init_reaped", "cgroup_empty")
    assert not os.path.exists(f"/proc/{pid}")
    host.wait_until(lambda: not host.monitors(own_state), 5)


def test_what_ends_while_no_server_runs_is_told_later(serve, own_state):
    server = serve(state=own_state)
    task = server.start("sh", "-c", "sleep 0.5; echo late; exit 7")
    server.kill()
    host.wait_until(lambda: not host.monitors(own_state), 10)
    result = serve(state=own_state).read(task)
    assert (result["status"], result["exit_code"], result.output) == ("exited", 7, "late\n")


@pytest.mark.claim("S-30")
def test_an_answer_that_nobody_took_does_not_move_the_place(serve, own_state):
    """A client that is gone before it was answered has read nothing."""
    server = serve(state=own_state)
    task = server.start("sh", "-c", "sleep 0.5; echo once; sleep 60")
    server.begin("read_output", task_id=task, timeout_ms=20_000)
    server.kill()
    assert serve(state=own_state).read(task, timeout_ms=5000).output == "once\n"


def test_the_command_line_shows_the_same_tasks(serve, caisson, own_state):
    server = serve(state=own_state)
    task = server.start("sh", "-c", "echo out; echo err >&2; sleep 60")
    host.wait_until(lambda: server.read(task, offset=0).output.count("\n") == 2, 5)
    listed = [json.loads(line) for line in caisson("ps", "--json", state=own_state).stdout.splitlines()]
    assert [(one["task_id"], one["status"], one["argv"][0]) for one in listed] == [(task, "running", "sh")]
    assert caisson("logs", task, state=own_state).stdout == b"out\nerr\n"
    assert caisson("logs", task, "--stream", "stderr", state=own_state).stdout == b"err\n"
    inspected = json.loads(caisson("inspect", task, "--json", state=own_state).stdout)
    assert inspected["task_id"] == task and inspected["receipt"]
    assert caisson("wait", task, "--timeout", "100 ms", state=own_state).returncode == 124
    assert caisson("stop", task, state=own_state).returncode == 0
    assert server.read(task)["end"]["cause"] == "stop"
    assert caisson("wait", task, state=own_state).returncode == 128 + signal.SIGTERM


def test_the_server_shows_the_tasks_of_the_command_line(server, caisson):
    task = caisson("run", "--policy", "open", "--detach", "--", "sh", "-c", "echo mine; sleep 60").stdout.decode().strip()
    assert server.read(task, timeout_ms=5000).output == "mine\n"
    assert task in [one["task_id"] for one in server.call("list_sessions", status="running")["sessions"]]
    assert server.end(task)["status"] == "terminated"
    assert caisson("wait", task).returncode == 128 + signal.SIGTERM


def test_two_servers_see_one_another_s_tasks_at_once(serve):
    first, second = serve(), serve()
    task = first.start("sleep", "60")
    assert second.read(task)["status"] == "running"
    assert second.end(task)["status"] == "terminated"
    assert first.read(task)["status"] == "terminated"


def test_two_servers_start_and_list_at_the_same_time(serve):
    servers = [serve(), serve(), serve()]
    begun = [(server, server.begin("execute_command", argv=["echo", "x"])) for _ in range(10) for server in servers]
    lists = [(server, server.begin("list_sessions")) for server in servers for _ in range(5)]
    tasks = {server.finish(number)["task_id"] for server, number in begun}
    assert len(tasks) == 30
    for server, number in lists:
        assert not server.finish(number).is_error
    for server in servers:
        assert tasks <= {one["task_id"] for one in server.call("list_sessions")["sessions"]}


def test_a_killed_monitor_is_a_lost_task_and_takes_its_sandbox_with_it(serve, own_state):
    server = serve(state=own_state)
    task = server.start("sleep", "4711")
    pid = server.read(task)["pid"]
    host.kill_monitor(task)
    host.wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 10)
    result = server.read(task)
    assert (result["status"], result["end"]["cause"]) == ("lost", "monitor_died")
    assert result.is_error
    assert [one["status"] for one in server.call("list_sessions")["sessions"]] == ["lost"]


def test_reading_waits_until_a_lost_task_is_found(serve, own_state):
    """Whoever waits for a task hears of its loss at once, and not when the time is over."""
    server = serve(state=own_state)
    task = server.start("sleep", "60")
    waiting = server.begin("read_output", task_id=task, timeout_ms=30_000)
    time.sleep(0.1)
    begun = time.monotonic()
    host.kill_monitor(task)
    assert server.finish(waiting)["status"] == "lost"
    assert time.monotonic() - begun < 10


def test_the_end_of_input_ends_the_server_within_a_second_and_no_task(serve, own_state):
    server = serve(state=own_state)
    task = server.start("sleep", "60")
    waiting = server.begin("execute_command", argv=["sleep", "60"])
    host.wait_until(lambda: len(host.monitors(own_state)) == 2, 10)
    seconds, code = server.close()
    assert seconds < 1 and code == 0
    assert not server.has_answer(waiting)
    assert len(host.monitors(own_state)) == 2 and task in host.monitors(own_state)


def test_a_client_that_stops_listening_ends_the_server_and_no_task(serve, own_state, environment):
    task = serve(state=own_state).start("sleep", "60")
    reading, writing = os.pipe()
    with subprocess.Popen(serve.command(state=own_state), env=environment, stdin=subprocess.PIPE, stdout=writing) as deaf:
        os.close(writing)
        os.close(reading)
        deaf.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        deaf.stdin.flush()
        assert deaf.wait(10) == 0
    assert host.monitors(own_state) == {task}


def test_places_of_named_readers_are_kept_apart_and_kept(serve, own_state):
    server = serve(state=own_state)
    task = server.run("echo", "text")["task_id"]
    assert server.read(task, reader="a").output == "text\n"
    server.call("list_sessions")
    server.kill()
    server = serve(state=own_state)
    assert server.read(task, reader="a").output == ""
    assert server.read(task, reader="b").output == "text\n"


def test_a_damaged_task_is_told_and_stops_no_server(serve, own_state):
    server = serve(state=own_state)
    good, bad = (server.run("echo", word)["task_id"] for word in "ab")
    (own_state / "tasks" / bad / "record").write_bytes(b"damaged")
    for one in (server, serve(state=own_state)):
        result = one.call("list_sessions")
        assert [session["task_id"] for session in result["sessions"]] == [good]
        assert [task["task_id"] for task in result["damaged"]] == [bad] and "record" in result["damaged"][0]["reason"]
        assert bad in result.text
        assert one.read(bad).is_error
    assert server.run("echo", "x").output == "x\n"


@pytest.mark.parametrize("damage", [lambda ledger: ledger.write_bytes(b"x" * 9000), lambda ledger: ledger.unlink()], ids=["damaged", "removed"])
def test_a_ledger_that_is_damaged_under_a_server_is_made_again(serve, own_state, damage):
    server = serve(state=own_state)
    first = server.run("echo", "x")["task_id"]
    assert len(server.call("list_sessions")["sessions"]) == 1
    damage(own_state / "ledger.sqlite")
    second = server.run("echo", "y")["task_id"]
    for one in (server, serve(state=own_state)):
        assert [session["task_id"] for session in one.call("list_sessions")["sessions"]] == [second, first]


def test_a_damaged_ledger_loses_no_task(serve, own_state):
    server = serve(state=own_state)
    task = server.run("echo", "x")["task_id"]
    server.close()
    pathlib.Path(own_state / "ledger.sqlite").write_bytes(b"this is no database" * 500)
    sessions = serve(state=own_state).call("list_sessions")["sessions"]
    assert [one["task_id"] for one in sessions] == [task]
