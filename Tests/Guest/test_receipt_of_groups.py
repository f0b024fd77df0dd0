"""The receipt compares the control group, too: a limit that only seems to have been set, a task that was born elsewhere."""
import os

import pytest

from otherkernel import on, rule

MEBIBYTE = 1 << 20
# clone3 with all namespaces and a pidfd, and not into a group (linux/sched.h).
OUTSIDE = 0x10000000 | 0x00020000 | 0x20000000 | 0x08000000 | 0x04000000 | 0x02000000 | 0x40000000 | 0x1000

FORGERIES = {
    "no limit on memory": (
        [rule("write", "front", where={1: str(77 * MEBIBYTE)}, starts=True, returns=8)], ["task memory.max"]),
    "no limit on processes": ([rule("write", "front", where={1: "1234"}, starts=True, returns=4)], ["task pids.max"]),
    "no limit on cores": ([rule("write", "front", where={1: "70000 100000"}, starts=True, returns=12)], ["task cpu.max"]),
    "another group": ([rule("clone3", "monitor", poke={(0, 0): OUTSIDE})], ["task cgroup"]),
}


@pytest.mark.clause("receipt", "limits.memory", "limits.processes", "limits.cpu")
@pytest.mark.parametrize("name", FORGERIES)
def test_a_group_that_is_not_the_planned_one_keeps_the_task_from_starting(caisson, limited, name):
    policy = limited('memory = "77 MiB"\nprocesses = 1233\ncpu = "0.7"')
    assert caisson.run("probe", "exit", "7", policy=policy).code == 7, "the control"
    rules, fields = FORGERIES[name]
    other, calls = on(caisson, *rules)
    before = caisson.ids
    ended = other.run("probe", "touch", "w", "canary", policy=policy)
    task = caisson.newest(before)
    differences = {f"{line['subject']} {line['field']}" for line in task.inspect()["receipt"]["lines"] if not line["agrees"]}
    assert len(calls) >= 1 and ended.code == 125 and not os.path.exists(caisson.workspace / "canary"), ended.words
    assert set(fields) <= differences and "it was not released" in ended.words
