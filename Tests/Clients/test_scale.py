"""Much at once: a thousand calls, ten thousand tasks, clients that stop in the middle. Bounded time and memory, and the rest goes on."""

import json
import os
import resource
import subprocess
import time

import pytest

import host
import many
import wire


def memory(server):
    return int(host.status(server.process.pid)["VmRSS"].split()[0]) << 10


def processor_time(server):
    """Seconds that the server has used so far. Source: proc(5), utime and stime."""
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def shortest(body, times):
    """Seconds of the fastest of several runs: what the rest of the machine does is not measured."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        body()
        taken.append(time.perf_counter() - begun)
    return min(taken)


@pytest.fixture
def few_files():
    """What is started has 1024 open files, as in an ordinary session."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# --- A thousand calls

def test_a_thousand_calls_wait_on_one_connection_and_keep_nobody(few_files, serve):
    """A monitor takes 64 connections; all who wait for a task share one."""
    server = serve()
    tasks = [server.start("sleep", "86317") for _ in range(4)]
    before = memory(server)
    waiting = [server.begin("read_output", task_id=tasks[number % 4], timeout_ms=55_000) for number in range(1000)]
    begun = time.monotonic()
    assert server.run("echo", "x").output == "x\n"
    assert len(server.call("list_sessions", status="running")["sessions"]) == 4
    assert time.monotonic() - begun < 5
    used = processor_time(server)
    time.sleep(1)
    assert processor_time(server) - used < 0.2, "it is busy with waiting"
    assert not any(server.has_answer(number) for number in waiting)
    assert memory(server) - before < 32 << 20
    for task in tasks:
        assert server.end(task, grace_ms=0)["status"] == "terminated"
    assert {server.finish(number)["status"] for number in waiting} == {"terminated"}


def test_a_thousand_launches_in_flight_are_each_answered(few_files, serve):
    server = serve()
    calls = [server.begin("execute_command", argv=["echo", str(number)], timeout_ms=55_000) for number in range(1000)]
    results = [server.finish(number, 100) for number in calls]
    assert [result.output for result in results] == [f"{number}\n" for number in range(1000)]
    assert memory(server) < 160 << 20


def test_output_wakes_every_one_of_many_readers(serve, workspace):
    server = serve()
    script = "while ! test -e go; do sleep 0.05; done; echo one; while test -e go; do sleep 0.05; done; echo two"
    task = server.start("sh", "-c", script)
    readers = [f"r{number}" for number in range(100)]
    for word, act in (("one\n", (workspace / "go").touch), ("two\n", (workspace / "go").unlink)):
        waiting = [server.begin("read_output", task_id=task, reader=reader, timeout_ms=55_000) for reader in readers]
        time.sleep(0.2)
        assert not any(server.has_answer(number) for number in waiting)
        act()
        assert {server.finish(number).output for number in waiting} == {word}


# --- Ten thousand tasks

COUNT = 10_000


@pytest.fixture(scope="module")
def ten_thousand(base, programs, policy_directory):
    """A state directory with one task that ran, and 10,000 copies of it."""
    state, place = base / "ten-thousand", base / "work-ten-thousand"
    state.mkdir(mode=0o700)
    place.mkdir(mode=0o755)
    environment = {"PATH": "/usr/bin:/bin", "CAISSON_POLICIES": str(policy_directory), "CAISSON_STATE": str(state)}
    run = [programs / "caisson", "run", "--policy", "open", "--", "echo", "x"]
    subprocess.run(run, cwd=place, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    (original,) = (state / "tasks").iterdir()
    return state, [original.name, *many.copies(original, COUNT)]


def test_ten_thousand_tasks_are_listed_page_by_page_each_once_and_the_newest_first(serve, ten_thousand):
    state, names = ten_thousand
    server = serve(state=state)
    listed, cursor, pages = [], {}, 0
    while cursor is not None:
        page = server.call("list_sessions", limit=1000, **cursor)
        listed += [session["task_id"] for session in page["sessions"]]
        cursor = {"cursor": page["next_cursor"]} if page.get("next_cursor") else None
        pages += 1
    assert listed == names and pages == 11
    assert len(page.text.splitlines()) == 1, "the last page has one task and no further cursor"


def test_a_page_of_ten_thousand_tasks_takes_less_than_20_ms(serve, ten_thousand):
    state, _ = ten_thousand
    server = serve(state=state)
    server.call("list_sessions")

    def page():
        number = server.begin("list_sessions")
        host.wait_until(lambda: server.has_answer(number), 10)

    def page_after_a_change():
        (state / "tasks/.new-test").mkdir()
        (state / "tasks/.new-test").rmdir()
        page()

    assert shortest(page, 20) < 0.020
    assert shortest(page_after_a_change, 20) < 0.040
    assert memory(server) < 160 << 20


def test_resources_of_ten_thousand_tasks_come_page_by_page_and_their_ids_are_completed(serve, ten_thousand):
    state, names = ten_thousand
    server = serve(state=state)
    first = server.result("resources/list")
    second = server.result("resources/list", {"cursor": first["nextCursor"]})
    listed = [entry["uri"].split("/")[3] for page in (first, second) for entry in page["resources"]]
    assert listed[::3] == names[:100]
    reference = {"type": "ref/resource", "uri": "caisson://tasks/{task_id}/stdout"}
    params = {"ref": reference, "argument": {"name": "task_id", "value": ""}}
    completion = server.result("completion/complete", params)["completion"]
    assert completion == {"values": names[:100], "total": len(names), "hasMore": True}
    assert shortest(lambda: server.result("resources/list"), 5) < 0.1
    assert shortest(lambda: server.result("completion/complete", params), 5) < 0.3


def test_ps_takes_as_long_with_ten_thousand_ended_tasks_as_with_none(caisson, ten_thousand, own_state):
    state, _ = ten_thousand
    caisson("ps", state=state)
    time.sleep(0.1)
    with_many, with_none = (shortest(lambda: caisson("ps", state=one), 10) for one in (state, own_state))
    assert with_many < with_none + 0.010, (with_many, with_none)
    assert len(caisson("ps", "--all", state=state).stdout.splitlines()) == COUNT + 2


# --- Clients that stop in the middle

def test_half_a_line_keeps_no_answer_back(server, workspace):
    number = server.begin("execute_command", argv=["sh", "-c", "sleep 0.5; echo x"])
    late = json.dumps({"jsonrpc": "2.0", "id": "late", "method": "tools/list", "params": {"_meta": wire.MODERN_META}}).encode()
    server.send(late[:40])
    assert server.finish(number).output == "x\n"
    time.sleep(0.5)
    assert not server.has_answer("late")
    server.methods["late"] = ("tools/list", None)
    server.send(late[40:] + b"\n")
    assert "result" in server.answer("late")


def test_a_client_that_never_reads_keeps_no_other_connection(serve, environment):
    task = serve().run("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x", timeout_ms=50_000)["task_id"]
    params = {"name": "read_output", "arguments": {"task_id": task, "offset": 0, "max_bytes": 1 << 20}, "_meta": wire.MODERN_META}
    with subprocess.Popen(serve.command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as mute:
        os.set_blocking(mute.stdin.fileno(), False)
        begun = number = 0
        stalled = 0
        other = serve()
        while stalled < 20:
            number += 1
            data = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode() + b"\n"
            try:
                os.write(mute.stdin.fileno(), data)
            except BlockingIOError:
                stalled += 1
                begun = time.monotonic()
                assert other.run("echo", "x").output == "x\n"
                assert time.monotonic() - begun < 5
        assert int(host.status(mute.pid)["VmRSS"].split()[0]) < 128 << 10
        assert other.read(task, tail=1)["status"] == "exited"
        mute.kill()
