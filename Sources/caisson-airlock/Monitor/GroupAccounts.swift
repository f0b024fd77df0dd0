import Glibc
import Kernel

/// What a task's control group counted, read once everything in it has ended. Source: cgroup-v2.rst of the kernel.
struct GroupAccounts {
    /// How many processes were killed because memory ran out.
    let killedForMemory: UInt64
    /// Whether it ran out at the group's own limit, and not at one above.
    let reachedMemoryLimit: Bool
    /// Bytes at most; nil where the kernel does not say (before 5.19).
    let peakMemory: UInt64?
    /// Processes and threads at most; nil before 6.1.
    let peakProcesses: UInt64?
    /// How often a process or thread was refused at the group's own limit.
    let refusedForks: UInt64?
    /// Nanoseconds of all processes.
    let cpuTime: UInt64?
    /// Nanoseconds for which the limit of cores made them wait.
    let throttledTime: UInt64?

    /// Reads a group.
    init(_ group: Int32) throws(Errno) {
        killedForMemory = try Self.member("oom_kill", of: "memory.events", group) ?? 0
        reachedMemoryLimit = try Self.member("oom", of: "memory.events", group) ?? 0 > 0
        peakMemory = try Self.number("memory.peak", group)
        // Init was one of them.
        peakProcesses = try Self.number("pids.peak", group).map { $0 > 0 ? $0 - 1 : 0 }
        refusedForks = try Self.member("max", of: "pids.events", group)
        cpuTime = try Self.cpuTime(group)
        throttledTime = try Self.member("throttled_usec", of: "cpu.stat", group).map { $0 * 1000 }
    }

    /// Nanoseconds of all processes until now.
    static func cpuTime(_ group: Int32) throws(Errno) -> UInt64? {
        try member("usage_usec", of: "cpu.stat", group).map { $0 * 1000 }
    }

    private static func member(_ name: String, of file: String, _ group: Int32) throws(Errno) -> UInt64? {
        for line in try text(file, group)?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return UInt64(words[1]) }
        }
        return nil
    }

    private static func number(_ file: String, _ group: Int32) throws(Errno) -> UInt64? {
        try text(file, group).flatMap { UInt64($0.prefix { $0 != "\n" }) }
    }

    private static func text(_ file: String, _ group: Int32) throws(Errno) -> String? {
        do {
            return String(decoding: try Files.contents(file, at: group, limit: 65536), as: UTF8.self)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return nil
        }
    }
}
