/// What the airlock's own processes call after they have confined themselves.
///
/// What else they try is EPERM and not their death: init's death is the task's, and a monitor that is killed leaves no
/// record; an error is reported with its step. Only a foreign architecture kills, because none of them has one.
enum AirlockCalls {
    /// Of every Swift program: memory, locks, random seeds, the end.
    private static let runtime = """
        brk clock_gettime exit exit_group futex getpid getrandom gettid madvise mmap mprotect mremap munmap
        restart_syscall rt_sigprocmask rt_sigreturn sched_yield
        """

    /// Init: waits for signals, reaps, kills all, says how it ended.
    static let reaper = SyscallList.words(runtime + " close kill rt_sigtimedwait wait4 write")

    /// The monitor: waits for events, moves output into the record, serves its control socket, signals, writes the end.
    static let monitor = SyscallList.words(
        runtime + """
             accept4 capget capset close fallocate fcntl fdatasync flock fstat fsync ftruncate getdents64 getrusage
             getsockopt ioctl kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lseek newfstatat
             openat pidfd_open pidfd_send_signal poll ppoll pread64 pwrite64 read readlinkat recvmsg renameat
             renameat2 sendmsg shutdown timerfd_create timerfd_settime unlinkat wait4 waitid write
            """)

    /// Neither makes memory executable.
    private static let noCode: [String: Verdict] = [
        "mmap": .unless(argument: 2, hasAnyOf: ArgumentRules.executable),
        "mprotect": .unless(argument: 2, hasAnyOf: ArgumentRules.executable),
    ]

    /// Init sends no signal but the last.
    static let reaperRules = noCode.merging(["kill": .only(argument: 1, [9])]) { first, _ in first }

    /// The monitor makes no file that changes the user, and controls nothing of a terminal but its size and its
    /// foreground group.
    static let monitorRules = noCode.merging([
        "openat": ArgumentRules.setIDFree(flags: 2, mode: 3),
        // TIOCGWINSZ, TIOCSWINSZ, TIOCGPGRP, TIOCSIG.
        "ioctl": .only(argument: 1, [0x5413, 0x5414, 0x540f, 0x4004_5436]),
    ]) { first, _ in first }
}
