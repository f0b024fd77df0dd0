internal import CKernel
internal import Glibc

/// Starts a program of ours: default signals, an empty mask, and no descriptor but those that are listed.
public enum Spawn {
    /// Starts a program. The corresponding call is posix_spawn(3).
    ///
    /// - Parameters:
    ///   - path: An absolute path; PATH is never asked.
    ///   - arguments: argv, the program's name first.
    ///   - environment: `NAME=value`; empty for the airlock.
    ///   - descriptors: The first becomes 0, the second 1, and so on.
    ///   - newSession: Whether it leads a session and a process group of its own.
    ///   - cgroup: The directory of the control group in which it begins, with a session of its own; nil: this process's.
    ///     To be moved later would make every fork on the host wait. Source: clone(2), CLONE_INTO_CGROUP.
    /// - Returns: The pid of the child, which the caller reaps.
    public static func start(
        _ path: String, arguments: [String], environment: [String] = [], descriptors: [Int32], newSession: Bool,
        cgroup: Int32? = nil
    ) throws(Errno) -> Int32 {
        // Numbers above all targets: dup2 onto a number that is still a source would lose it.
        var moved: [Int32] = []
        defer { for number in moved { close(number) } }
        for number in descriptors {
            moved.append(try checked { csn_fcntl(number, F_DUPFD_CLOEXEC, 64) })
        }
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        if let cgroup { return try checked { csn_spawn_into(cgroup, path, &argv, &envp, moved, moved.count) } }
        return try checked { csn_spawn(path, &argv, &envp, moved, moved.count, newSession ? 1 : 0) }
    }
}
