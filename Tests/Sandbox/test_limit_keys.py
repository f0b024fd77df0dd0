"""Every key of [limits]: what the receipt claims of it here, and limits that make no sense."""
from pathlib import Path

import pytest

import host
from caisson import RELAXATIONS

KEYS = ("wall", "grace", "cpu", "cpu_time", "memory", "swap", "processes", "open_files", "file_size", "output", "core")
# With the controllers of cgroup v2, and without them.
LEVELS = {
    "cpu": ("enforced", "not enforced"), "cpu_time": ("enforced", "per process only"),
    "memory": ("enforced", "per process only"), "swap": ("enforced", "not enforced"),
    "open_files": ("per process only",) * 2, "file_size": ("per process only",) * 2,
}


@pytest.fixture
def controllers():
    """Whether this host has them for root, as the kernel shows it; an ordinary user has none without a delegated subtree."""
    listed = Path("/sys/fs/cgroup/cgroup.controllers")
    return host.EFFECTIVE_ROOT and listed.exists() and {"memory", "pids", "cpu"} <= set(listed.read_text().split())


def test_the_record_says_of_each_key_what_it_is_worth_here(caisson, policy, controllers):
    task = caisson.detach("probe", "exit", "0", policy=policy)
    task.wait()
    lines = {line["subject"]: line for line in task.inspect()["enforcement"]}
    levels = {key: lines[f"limits.{key}"]["level"] for key in KEYS}
    assert levels == {key: LEVELS.get(key, ("enforced",) * 2)[0 if controllers else 1] for key in KEYS}
    assert lines["cgroup"]["level"] == ("enforced" if controllers else "not enforced")


def test_a_figure_that_nobody_counts_is_null(caisson, policy, controllers):
    usage = caisson.run("probe", "exit", "0", policy=policy, options=["--json"]).view["usage"]
    assert set(usage) == {"cpu_ms", "peak_memory_bytes", "peak_processes", "throttled_ms", "refused_forks"}
    assert usage["cpu_ms"] is not None
    unknown = {key for key, value in usage.items() if value is None}
    assert unknown <= {"peak_memory_bytes", "peak_processes"} if controllers else unknown == set(usage) - {"cpu_ms"}


def test_without_controllers_a_policy_that_wants_them_refuses(caisson, controllers):
    """Promise 1. The control: the same policy with `degrade` runs everywhere."""
    relax = {key: why for key, why in RELAXATIONS.items() if key != "require.degrade.cgroup"}
    policy = caisson.policy("strict", degrade=["groups"], relax=relax)
    before = caisson.ids
    ended = caisson.run("probe", "exit", "7", policy=policy)
    if controllers:
        assert ended.code == 7
        return
    assert ended.code == 125 and caisson.ids == before
    assert 'the layer "cgroup" is missing' in ended.words and "caisson doctor" in ended.words
    assert "systemd" in ended.words, "the remedy"
    assert caisson.run("probe", "exit", "7", policy=caisson.policy("lenient")).code == 7


@pytest.mark.parametrize("limits", [
    "processes = 0", "processes = -1", "processes = 4194305", "processes = 9223372036854775807", "open_files = 0", "open_files = 3",
    "open_files = -1", "open_files = 1.5", 'cpu = "0"', 'cpu = "-1.0"', 'cpu = "nan"', 'cpu = "1e3"', "cpu = 2", 'cpu_time = "0 s"',
    'cpu_time = "-1 s"', 'memory = "0 B"', 'memory = "4 KiB"', 'memory = "-1 B"', 'memory = "99999999999999999999 TiB"', "memory = 5",
    'swap = "-1 B"', 'wall = "0 s"', 'wall = "-1 s"', 'wall = "1000000000000000 d"', 'grace = "-1 s"', 'file_size = "-1 B"',
    'output = "0 B"', 'output = "-1 B"', 'core = "-1 B"', 'io = "0 B/s"', 'io = "-1 B/s"', 'io = "5 MiB"'])
def test_limits_that_make_no_sense_are_errors_of_the_policy(caisson, limits):
    before = caisson.ids
    ended = caisson.run("probe", "exit", "0", policy=caisson.policy("senseless", limits=limits))
    key = limits.split(" ")[0]
    assert ended.code == 125 and caisson.ids == before and ended.out == b""
    assert f"limits.{key}" in ended.words and ".toml:" in ended.words


def test_limits_of_almost_nothing_and_almost_everything_run_or_end_the_task(caisson):
    """The least and the greatest that a policy takes: never a failure without a word, never a task without limits."""
    least = 'processes = 1\nopen_files = 4\ngrace = "0 s"\nswap = "0 B"\nfile_size = "0 B"\noutput = "4 KiB"\ncpu = "0.01"'
    ended = caisson.run("probe", "processes", policy=caisson.policy("least", limits=least))
    assert (ended.code, ended.results) == (0, {"processes": "1", "fork": "EAGAIN"}), ended.words
    greatest = ('processes = 4194304\nopen_files = 1073741816\nmemory = "8388608 TiB"\nswap = "8388608 TiB"\nwall = "100000 d"\n'
                'grace = "100000 d"\ncpu = "100000"\ncpu_time = "100000 d"\nfile_size = "8388608 TiB"\noutput = "1024 TiB"\n'
                'core = "8388608 TiB"')
    ended = caisson.run("probe", "exit", "7", policy=caisson.policy("greatest", limits=greatest))
    assert ended.code == 7 or (ended.code in (125, 126) and "limit" in ended.words), ended.words
