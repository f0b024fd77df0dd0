"""The power fails while tasks run: what was durable is there after the next boot, and nothing is forgotten.

Every boot runs this file: it judges what the boot before left, starts tasks, and has the machine switched off in their midst.
"""
import json
import os
import random
import time

import pytest

import host
from crowd import lines

POWER_OFF = "the power fails now"
COUNT = 400


@pytest.fixture(scope="module")
def listed(caisson):
    """All tasks that `ps` knows, by id."""
    told = caisson.call("ps", "--all", "--json").ok().text.splitlines()
    return {view["task_id"]: view for view in map(json.loads, told)}


@pytest.fixture
def before(notes):
    found = notes.read()
    if found is None:
        pytest.skip("this is the first boot")
    return found


def logs(caisson, id, stream):
    return caisson.call("logs", id, "--stream", stream).ok().out


def test_what_ended_durably_is_there_with_every_byte(caisson, before, listed):
    """Its monitor had ended, and so end and output were on disk."""
    assert before["durable"]
    for id, count in before["durable"].items():
        view = listed[id]
        assert (view["status"], view["exit_code"], view["end"]["cause"]) == ("exited", 0, "exit"), view
        for stream in ("stdout", "stderr"):
            assert logs(caisson, id, stream) == lines(count, stream), (id, stream)


def test_what_ran_is_lost_and_not_forgotten(caisson, before, listed):
    """Its output, as far as it reached the disk, is what it printed."""
    assert before["running"]
    for id in before["running"]:
        view = listed[id]
        assert (view["status"], view["end"]["cause"]) == ("lost", "host_restarted"), view
        assert caisson.call("wait", id).code == 125
        for stream in ("stdout", "stderr"):
            assert lines(COUNT * 1000, stream).startswith(logs(caisson, id, stream)), (id, stream)


def test_what_had_just_started_is_listed_or_named_as_unreadable(caisson, before, listed):
    """It takes a moment until a task's record is on disk; what is left of it then is told."""
    words = caisson.call("ps", "--all").ok().words
    for id in before["others"]:
        assert id in words or listed[id]["status"] in ("exited", "lost"), id
    for id in [*before["durable"], *before["running"]]:
        assert id not in words


def test_nothing_is_listed_that_nobody_started(before, listed):
    assert set(listed) <= set(before["durable"]) | set(before["running"]) | set(before["others"])


def test_the_ledger_and_the_state_directory_can_be_used_as_before(caisson, before):
    caisson.call("prune", "--older-than", "0s").ok()
    assert {name for name in os.listdir(caisson.state / "tasks") if not name.startswith(".")} <= set(before["others"])


def test_the_power_fails(caisson, notes):
    """Starts what the next boot judges."""
    if os.environ.get("CAISSON_LAST_BOOT"):
        pytest.skip("this is the last boot")
    policy = caisson.policy("power", files='view = "empty"', retention='ended = "10 d"')
    durable = {start(caisson, policy, count, 0).id: count for count in (0, 20, COUNT)}
    long = start(caisson, policy, COUNT, 2000)
    # From now on nothing of the record of the long task is new on disk but what is written at its end.
    time.sleep(0.3)
    os.sync()
    durable[long.id] = COUNT
    for id in durable:
        assert caisson.call("wait", id).code == 0
    assert host.until(lambda: not caisson.airlocks(durable), 60)
    running = [start(caisson, policy, COUNT * 1000, 1000) for _ in range(3)]
    time.sleep(2)
    late = [start(caisson, policy, 50, 1000).id for _ in range(3)]
    notes.write({"durable": durable, "running": [task.id for task in running], "others": late})
    time.sleep(random.random() * 0.3)
    print(f"\n{POWER_OFF}", flush=True)
    time.sleep(100)
    pytest.fail("the power did not fail")


def start(caisson, policy, count, pause):
    return caisson.detach("probe", "lines", count, pause, "power", policy=policy)
