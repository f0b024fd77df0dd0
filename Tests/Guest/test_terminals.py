"""Terminals of the sandbox's own, once more on this kernel: its devpts, its ioctls, its Landlock."""
# ruff: noqa: F401
from pathlib import Path

from test_terminal import (
    people, policy, test_a_task_has_a_terminal_of_its_own, test_a_terminal_that_nobody_has_open_can_be_opened_again,
    test_its_size_is_the_caller_s_and_follows_it, test_job_control_inside, test_no_terminal_of_the_host_can_be_opened,
    test_the_key_detaches_and_attach_comes_back, test_the_number_of_terminals_is_bounded, test_the_receipt_shows_it,
    test_two_tasks_do_not_see_each_other_s_terminals)


def test_terminals_that_are_used_up_are_told_with_the_remedy(caisson, policy):
    """The kernel counts those of all sandboxes together."""
    limit = Path("/proc/sys/kernel/pty/max")
    before, reserve = limit.read_text(), Path("/proc/sys/kernel/pty/reserve").read_text()
    limit.write_text(reserve)
    try:
        ended = caisson.run("sh", "-c", "exit 0", policy=policy, options=["--tty"])
        assert ended.code == 125 and "kernel.pty.max" in ended.words
        ended = caisson.run("sh", "-c", "exit 0", policy=policy, options=["--tty", "--json"])
        assert (ended.view["status"], ended.view["end"]["step"], ended.view["end"]["errno"]) == ("failed_to_start", "terminal", "ENOSPC")
        assert caisson.run("sh", "-c", "exit 0", policy=policy).code == 0, "without one, none is needed"
    finally:
        limit.write_text(before)
