"""Tests of the sandbox lane that stand or fall with the kernel, once more on this one."""
# ruff: noqa: F401
from test_exit_codes import (
    test_a_policy_that_is_not_there_is_125, test_a_program_that_is_not_on_the_list_is_126, test_a_program_that_is_not_there_is_127,
    test_a_time_limit_is_124, test_the_end_by_a_signal_is_128_and_its_number)
from test_kill_proof import traced, test_what_does_not_die_is_never_said_to_have_ended
from test_limit_keys import (
    controllers, test_a_figure_that_nobody_counts_is_null, test_limits_of_almost_nothing_and_almost_everything_run_or_end_the_task,
    test_the_record_says_of_each_key_what_it_is_worth_here, test_without_controllers_a_policy_that_wants_them_refuses)
from test_limits import (
    test_a_crash_leaves_no_core, test_cpu_time, test_file_size, test_memory, test_open_files,
    test_two_tasks_do_not_share_the_limit_of_processes, test_wall_then_term_then_grace_then_kill)
from test_hardening import (
    shell, test_a_hidden_name_that_is_missing_can_not_be_made, test_dev_has_what_programs_need_and_no_terminal_of_the_host,
    test_init_and_monitor_can_not_be_read_by_their_own_user, running, test_keys_of_the_caller_are_out_of_reach,
    test_memory_is_never_written_and_executed_where_the_policy_says_so, test_proc_can_be_the_processes_alone,
    test_the_control_without_the_mapping_nothing_can_be_written, test_the_monitor_can_do_nothing_else_once_its_task_runs,
    test_what_is_mounted_below_a_place_that_is_read_is_closed_with_it, mounted)
from test_lifecycle import (
    marker, test_a_fork_bomb_is_bounded_and_ends, test_a_stopped_monitor_does_not_free_the_task, test_a_stopped_task_can_be_stopped,
    test_a_time_limit_reaches_what_hides, test_nothing_is_left_when_the_monitor_is_killed,
    test_stop_reaches_what_hides, test_what_a_task_left_behind_is_gone_before_its_result_is_told)
from test_policy_keys import (
    test_files_read, test_files_view, test_files_write, test_limits_file_size, test_limits_memory, test_limits_open_files,
    test_limits_processes)
from test_posture import (
    init, task, test_every_namespace_is_the_task_s_own, test_everything_in_the_view_is_nosuid_and_closed,
    test_the_init_has_no_privilege, test_the_monitor_keeps_only_what_it_needs, test_the_receipt_agrees_with_what_proc_says,
    test_the_task_has_no_privilege, test_the_task_has_three_descriptors)
from test_receipt import (
    protected, test_a_difference_keeps_the_task_from_starting, test_a_difference_of_identity_keeps_the_task_from_starting,
    test_the_control_on_an_honest_kernel_the_task_runs)
from test_syscalls import (
    results, test_capabilities_do_not_come_back, test_other_calling_conventions_kill_the_process,
    test_what_can_not_be_checked_or_is_not_known_is_enosys,
    test_what_is_denied_is_eperm)
