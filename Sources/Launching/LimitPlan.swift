internal import Glibc
internal import Kernel
internal import Policy
internal import Records

/// Resource limits of a task's processes, and what each stands for.
enum LimitPlan {
    /// The limits that the task's first process gets, before its user changes.
    static func limits(_ limits: Limits, hasControllers: Bool) throws(LaunchError) -> [PlannedLimit] {
        var planned = [
            PlannedLimit(RLIMIT_FSIZE, limits.fileSize.bytes),
            PlannedLimit(RLIMIT_NOFILE, limits.openFiles),
            PlannedLimit(RLIMIT_CORE, try coreLimit(limits.core.bytes)),
            // Counted in the sandbox's user namespace, in which its init is one process. Where a controller counts as well, it
            // is the first to refuse, because it also counts how often it did.
            PlannedLimit(__RLIMIT_NPROC, limits.processes + (hasControllers ? 2 : 1)),
        ]
        // In a group, the monitor measures all processes together.
        if limits.cpuTime.nanoseconds > 0, !hasControllers {
            // The signal comes at the soft limit; the hard one kills whoever ignores it.
            let seconds = (limits.cpuTime.nanoseconds + 999_999_999) / 1_000_000_000
            let grace = (limits.grace.nanoseconds + 999_999_999) / 1_000_000_000
            planned.append(
                PlannedLimit(resource: Int32(RLIMIT_CPU.rawValue), soft: seconds, hard: seconds + max(1, grace)))
        }
        if !hasControllers {
            // Private writable memory of one process. RLIMIT_AS would count what is only reserved, and break V8.
            planned.append(PlannedLimit(RLIMIT_DATA, limits.memory.bytes))
        }
        var result: [PlannedLimit] = []
        for limit in planned { result.append(try lowered(limit)) }
        return result
    }

    /// A piped core_pattern runs a program of the host on a crash: a limit of 0 does not stop it, and 1 does (fs/coredump.c).
    private static func coreLimit(_ wanted: UInt64) throws(LaunchError) -> UInt64 {
        guard wanted == 0 else { return wanted }
        let pattern = try on("/proc/sys/kernel/core_pattern") { () throws(Errno) in
            try Files.contents("/proc/sys/kernel/core_pattern", limit: 4096)
        }
        return pattern.first == UInt8(ascii: "|") ? 1 : 0
    }

    /// Nobody raises a hard limit without CAP_SYS_RESOURCE: where the front end's own is lower, that one stays.
    private static func lowered(_ limit: PlannedLimit) throws(LaunchError) -> PlannedLimit {
        let own = try on("getrlimit") { () throws(Errno) in try Host.hardLimit(limit.resource) }
        return PlannedLimit(resource: limit.resource, soft: min(limit.soft, own), hard: min(limit.hard, own))
    }

    /// What each key of `[limits]` is worth on this host.
    static func enforcement(_ limits: Limits, hasControllers: Bool) -> [Enforcement] {
        let group = hasControllers ? Enforcement.Level.enforced : .notEnforced
        let missing = "no cgroup v2 controller is delegated here"
        let rate = limits.io.map {
            Enforcement("limits.io", wanted: "\($0)/s", group, means: hasControllers ? "io.max" : missing)
        }
        return (rate.map { [$0] } ?? []) + [
            Enforcement("limits.wall", wanted: limits.wall.description, .enforced, means: "the monitor's timer"),
            Enforcement("limits.grace", wanted: limits.grace.description, .enforced, means: "the monitor's timer"),
            Enforcement("limits.output", wanted: limits.output.description, .enforced, means: "the monitor's record"),
            Enforcement(
                "limits.cpu_time", wanted: limits.cpuTime.description, hasControllers ? .enforced : .perProcess,
                means: hasControllers ? "the monitor's timer on cpu.stat" : "RLIMIT_CPU; \(missing)"),
            Enforcement(
                "limits.memory", wanted: limits.memory.description, hasControllers ? .enforced : .perProcess,
                means: hasControllers ? "memory.max" : "RLIMIT_DATA; \(missing)"),
            Enforcement(
                "limits.swap", wanted: limits.swap.description, group,
                means: hasControllers ? "memory.swap.max" : missing),
            Enforcement(
                "limits.cpu", wanted: limits.cpu.description, group, means: hasControllers ? "cpu.max" : missing),
            Enforcement(
                "limits.processes", wanted: "\(limits.processes)", .enforced,
                means: hasControllers ? "pids.max" : "RLIMIT_NPROC in the sandbox's user namespace"),
            Enforcement("limits.open_files", wanted: "\(limits.openFiles)", .perProcess, means: "RLIMIT_NOFILE"),
            Enforcement("limits.file_size", wanted: limits.fileSize.description, .perProcess, means: "RLIMIT_FSIZE"),
            Enforcement("limits.core", wanted: limits.core.description, .enforced, means: "RLIMIT_CORE"),
        ]
    }
}

extension PlannedLimit {
    fileprivate init(_ resource: __rlimit_resource, _ value: UInt64) {
        self.init(resource: Int32(resource.rawValue), soft: value, hard: value)
    }
}
