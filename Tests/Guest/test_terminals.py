"""Terminals of the sandbox's own, once more on this kernel: its devpts, its ioctls, its Landlock."""
# ruff: noqa: F401
from test_terminal import (
    people, policy, test_a_task_has_a_terminal_of_its_own, test_a_terminal_that_nobody_has_open_can_be_opened_again,
    test_its_size_is_the_caller_s_and_follows_it, test_job_control_inside, test_no_terminal_of_the_host_can_be_opened,
    test_the_key_detaches_and_attach_comes_back, test_the_number_of_terminals_is_bounded, test_the_receipt_shows_it,
    test_two_tasks_do_not_see_each_other_s_terminals)
