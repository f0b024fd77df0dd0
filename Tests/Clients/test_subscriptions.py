"""Subscriptions: a client hears of resources that change, in both eras, and of nothing else."""

import json
import os
import subprocess
import time

import pytest

import host
import models
import wire

MODERN = models.ERA == "2026-07-28"
UPDATED, LISTED = "notifications/resources/updated", "notifications/resources/list_changed"
ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
ID = "io.modelcontextprotocol/subscriptionId"


def uri(task, part):
    return f"caisson://tasks/{task}/{part}"


def subscribe(server, *names):
    """Hears of resources: the id of the request that stays open, in the era that has one."""
    if not MODERN:
        for name in names:
            assert server.result("resources/subscribe", {"uri": name}) == {}
        return None
    seen = len(server.notified(ACKNOWLEDGED))
    number = server.request("subscriptions/listen", {"notifications": {"resourceSubscriptions": list(names)}})
    accepted = server.wait_for_notification(ACKNOWLEDGED, seen + 1)[-1]
    assert accepted["_meta"][ID] == number
    assert accepted["notifications"].get("resourceSubscriptions", []) == list(names)
    return number


def updates(server, name):
    return [when for when, params, _ in server.notified(UPDATED) if params["uri"] == name]


def wait_for_update(server, name, count=1):
    host.wait_until(lambda: len(updates(server, name)) >= count, 20)


@pytest.fixture
def gate(workspace):
    """A script that prints each time the file `go` comes or goes."""

    def next_word():
        (workspace / "go").unlink() if (workspace / "go").exists() else (workspace / "go").touch()

    next_word.script = (
        "while ! test -e go; do sleep 0.02; done; echo one; while test -e go; do sleep 0.02; done; echo two >&2; exec sleep 86331"
    )
    return next_word


def test_new_output_and_the_end_are_told(server, gate):
    task = server.start("sh", "-c", gate.script)
    names = [uri(task, part) for part in ("stdout", "stderr", "status")]
    subscribe(server, *names)
    gate()
    wait_for_update(server, names[0])
    assert not updates(server, names[1]) and not updates(server, names[2])
    gate()
    wait_for_update(server, names[1])
    assert len(updates(server, names[0])) == 1 and not updates(server, names[2])
    server.end(task, grace_ms=0)
    wait_for_update(server, names[2])
    (content,) = server.result("resources/read", {"uri": names[2]})["contents"]
    assert json.loads(content["text"])["status"] == "terminated"


def test_a_resource_is_told_of_at_most_once_a_second(server):
    task = server.start("sh", "-c", "i=0; while [ $i -lt 250 ]; do i=$((i+1)); echo $i; sleep 0.01; done; exec sleep 86332")
    subscribe(server, uri(task, "stdout"))
    wait_for_update(server, uri(task, "stdout"), 3)
    server.end(task, grace_ms=0)
    times = updates(server, uri(task, "stdout"))
    assert all(later - earlier > 0.8 for earlier, later in zip(times, times[1:])), times


def test_nothing_is_told_of_what_nobody_subscribed_to(server, gate):
    task = server.start("sh", "-c", gate.script)
    subscribe(server, uri(task, "stderr"))
    gate()
    server.read(task, until="one", timeout_ms=20000)
    gate()
    wait_for_update(server, uri(task, "stderr"))
    assert {params["uri"] for _, params, _ in server.notified(UPDATED)} == {uri(task, "stderr")}
    assert server.notified(LISTED) == []


def test_what_ended_a_subscription_ends_its_news(server, gate):
    task = server.start("sh", "-c", gate.script)
    number = subscribe(server, uri(task, "stdout"))
    if MODERN:
        server.notify("notifications/cancelled", {"requestId": number})
    else:
        assert server.result("resources/unsubscribe", {"uri": uri(task, "stdout")}) == {}
    gate()
    server.read(task, until="one", timeout_ms=20000)
    time.sleep(1.2)
    assert server.notified(UPDATED) == []
    assert not MODERN or not server.has_answer(number)


def test_what_is_none_can_not_be_subscribed_to(server):
    names = ["x", uri("0" * 32, "stdout"), uri(server.run("true")["task_id"], "stdin")]
    if MODERN:
        server.request("subscriptions/listen", {"notifications": {"resourceSubscriptions": names, "toolsListChanged": True}})
        (accepted,) = server.wait_for_notification(ACKNOWLEDGED)
        assert accepted["notifications"] == {}
        return
    for name in names:
        with pytest.raises(wire.ProtocolError) as failure:
            server.result("resources/subscribe", {"uri": name})
        assert failure.value.code == -32002 and failure.value.data == {"uri": name}


def test_a_monitor_that_dies_is_told_as_an_end(server):
    task = server.start("sh", "-c", "echo begun; exec sleep 86333")
    subscribe(server, uri(task, "status"))
    os.kill(host.monitor(task), 9)
    wait_for_update(server, uri(task, "status"))
    assert server.read(task)["status"] == "lost"


def test_the_list_is_told_of_when_tasks_of_any_front_end_begin_end_and_go(serve, own_state):
    server, other = serve(state=own_state), serve(state=own_state)
    if MODERN:
        server.request("subscriptions/listen", {"notifications": {"resourcesListChanged": True}})
        (accepted,) = server.wait_for_notification(ACKNOWLEDGED)
        assert accepted["notifications"] == {"resourcesListChanged": True}
    else:
        server.result("resources/list")
    task = other.start("sleep", "86334")
    server.wait_for_notification(LISTED)
    assert task in json.dumps(server.result("resources/list"))
    time.sleep(1.1)
    seen = len(server.notified(LISTED))
    other.end(task, grace_ms=0)
    server.wait_for_notification(LISTED, seen + 1)


def test_a_server_that_ends_answers_what_is_open(server):
    if not MODERN:
        pytest.skip("there is no request that stays open in this era")
    number = subscribe(server)
    _, code = server.close()
    assert code == 0
    result = server.answer(number)["result"]
    assert result["resultType"] == "complete" and result["_meta"][ID] == number


def test_a_thousand_subscriptions_cost_little_and_nothing_while_nothing_happens(serve):
    server = serve()
    tasks = [server.start("sleep", "86335") for _ in range(4)]
    ended = server.run("true")["task_id"]
    names = [uri(task, part) for task in [*tasks, ended] for part in ("stdout", "stderr", "status")]
    before = int(host.status(server.process.pid)["VmRSS"].split()[0])
    if MODERN:
        numbers = [subscribe(server, *names) for _ in range(60)]
        assert len(names) * len(numbers) == 900
    else:
        for _ in range(70):
            subscribe(server, *names)
    used = cpu(server)
    time.sleep(1)
    assert cpu(server) - used < 0.2, "it is busy with waiting"
    assert int(host.status(server.process.pid)["VmRSS"].split()[0]) - before < 16 << 10
    assert server.run("echo", "x").output == "x\n"
    for task in tasks:
        server.end(task, grace_ms=0)
    wait_for_update(server, uri(tasks[3], "status"), 60 if MODERN else 1)


def cpu(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_client_that_never_reads_is_told_nothing_and_costs_no_memory(serve, environment):
    other = serve()
    task = other.start("sh", "-c", "while :; do echo x; sleep 0.01; done")
    with subprocess.Popen(serve.command(), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as mute:
        send = lambda number, method, params: mute.stdin.write(
            json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
        )
        meta = {"_meta": wire.MODERN_META}
        for number in range(60):
            send(number, "subscriptions/listen", {"notifications": {"resourceSubscriptions": [uri(task, "stdout")]}} | meta)
        for number in range(100, 120):  # more than a pipe takes
            send(number, "tools/list", meta)
        time.sleep(2.5)
        fields = open(f"/proc/{mute.pid}/stat").read().rsplit(")", 1)[1].split()
        used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        assert used < 1.0, "it is busy with waiting"
        assert int(host.status(mute.pid)["VmRSS"].split()[0]) < 64 << 10
        mute.kill()
    assert other.run("echo", "x").output == "x\n"
    other.end(task, grace_ms=0)
