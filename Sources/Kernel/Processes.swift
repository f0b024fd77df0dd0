internal import CKernel
internal import Glibc

/// Processes by descriptor. A pid is only a number that is used again; a pidfd is the process.
public enum Processes {
    /// A descriptor for a process. The corresponding call is pidfd_open(2).
    public static func open(_ pid: Int32) throws(Errno) -> Descriptor {
        Descriptor(owning: try checked { csn_pidfd_open(pid) })
    }

    /// Sends a signal to the process behind a descriptor; one that has ended is ESRCH.
    public static func signal(_ pidfd: Int32, _ signal: Int32) throws(Errno) {
        _ = try checked { csn_pidfd_send_signal(pidfd, signal) }
    }

    /// Sends a signal to all processes of a group, 2 or more; to kill(2), -1 is everybody and 0 the own group.
    public static func signalGroup(_ group: Int32, _ signal: Int32) throws(Errno) {
        guard group > 1 else { throw Errno(rawValue: EINVAL) }
        _ = try checked { kill(-group, signal) }
    }

    /// Reaps one child: its pid and wait status. Without children: ECHILD.
    ///
    /// - Parameter pid: A child's pid, or -1 for any.
    public static func reap(_ pid: Int32 = -1, blocking: Bool = true) throws(Errno) -> (pid: Int32, status: Int32)? {
        var status: Int32 = 0
        let found = try checked { waitpid(pid, &status, blocking ? 0 : WNOHANG) }
        return found == 0 ? nil : (found, status)
    }

    /// The exit code, if a wait status says that the process exited.
    public static func exitCode(_ status: Int32) -> Int32? {
        csn_wait_exited(status) != 0 ? csn_wait_code(status) : nil
    }

    /// The signal that ended the process, if one did.
    public static func endingSignal(_ status: Int32) -> Int32? {
        csn_wait_exited(status) != 0 ? nil : csn_wait_signal(status)
    }

    /// CPU time of all children that were reaped, theirs included, in nanoseconds. Source: getrusage(2).
    public static func childrenCPUTime() throws(Errno) -> UInt64 {
        UInt64(try checked { csn_children_cpu() })
    }

    /// Blocks signals for this thread, or lets them through again.
    public static func block(_ signals: [Int32]) throws(Errno) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        _ = try checked { sigprocmask(SIG_SETMASK, &set, nil) }
    }

    /// Waits for one of some blocked signals and takes it.
    public static func await(_ signals: [Int32]) throws(Errno) -> Int32 {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return try checked { sigwaitinfo(&set, nil) }
    }

    /// Gives the two signals that the C library keeps for itself (32 and 33) their default action.
    ///
    /// posix_spawn leaves them ignored (glibc, spawni.c), execve keeps that, and sigaction(3) does not reach them.
    public static func resetReservedSignals() throws(Errno) {
        _ = try checked { csn_default_reserved_signals() }
    }

    /// Ignores a signal from now on.
    public static func ignore(_ number: Int32) {
        Glibc.signal(number, SIG_IGN)
    }
}
