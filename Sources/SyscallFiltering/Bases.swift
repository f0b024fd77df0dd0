/// What a task may call where its policy adds and takes away nothing.
enum Bases {
    /// `strict`: a plain POSIX program. No socket but a pair, nothing that watches files, no queues or memory shared by
    /// name, no change of scheduling, no filter of its own.
    static let strict = """
        @basic-io @file-system @futex @identity @io-event @landlock @memory @process @scheduling-query @signal
        @socket-pair @timer
        """

    /// `default`: what shells, compilers, version control and the run-times of languages call.
    ///
    /// memfd_create is in it because run-times use it; a list of commands takes it out again.
    static let standard = """
        @aio @inotify @ipc @memfd @network-io @numa @scheduling @strict personality seccomp vmsplice
        """

    /// What the airlock calls between the installation of the task's filter and execveat, and what every program calls
    /// before its first own instruction.
    static let required = ["brk", "execveat", "exit_group", "mmap", "munmap", "read", "write"]

    /// What can't be allowed. clone3 and openat2 take their flags and modes from memory, which can change after the check;
    /// io_uring carries out calls that the filter never sees.
    static let uncheckable: Set<String> = [
        "clone3", "io_uring_enter", "io_uring_register", "io_uring_setup", "openat2",
    ]
}
