import Glibc
import Kernel
import Records

/// What /proc says of a process of the sandbox, compared with the plan before the task is released.
///
/// It is read by a process outside that the task can't influence. Source: proc(5).
struct Observation {
    let plan: LaunchPlan
    private var lines: [Receipt.Line] = []
    private let ownNamespaces: [String]
    private let mountNamespace: String
    private let plannedFilters: String

    private static let namespaces = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]

    /// Reads what of this process itself the others are compared with.
    ///
    /// - Parameter mountNamespace: Init's.
    init(plan: LaunchPlan, mountNamespace: String) throws(Errno) {
        (self.plan, self.mountNamespace) = (plan, mountNamespace)
        var own: [String] = []
        for name in Self.namespaces { own.append(try Files.target("/proc/self/ns/\(name)")) }
        ownNamespaces = own
        // One filter of its own, besides those under which this process was started: a container has one of its own.
        let inherited = ProcessStatus(try Files.contents("/proc/self/status"))["Seccomp_filters"]
        plannedFilters = "\((Int(inherited) ?? 0) + 1)"
    }

    /// Reads everything about init, once it has confined itself, and the mounts that the task shares with it.
    ///
    /// - Returns: The table of mounts, open.
    mutating func observeInit(_ pid: Int32) throws(Errno) -> Int32 {
        try observeCredentials("init", pid)
        // Files of a process that is not dumpable belong to root (proc(5)).
        let owner = try FileStatus.of("/proc/\(pid)/status").owner
        add("init", "dumpable", "0", owner == plan.identity.hostUser ? "1" : "0")
        return try observeMounts(pid)
    }

    /// Reads what a filter of system calls does not change, while the task's process installs it.
    ///
    /// - Parameters:
    ///   - group: The task's cgroup, or nil.
    ///   - terminal: The slave of the task's terminal, or nil.
    mutating func observe(task: Int32, group: Int32?, terminal: Int32?) throws(Errno) {
        try observeSession(task, try observeTerminal(task, terminal))
        try observeNamespaces(task)
        try observeLimits(task)
        try observeDescriptors(task)
        try observeCgroup(task, group)
    }

    /// Reads the rest about the task, which waits at the gate.
    mutating func receipt(task: Int32) throws(Errno) -> Receipt {
        try observeCredentials("task", task)
        return Receipt(takenAt: Clock.now(), pid: task, lines: lines)
    }

    mutating func add(_ subject: String, _ field: String, _ planned: String, _ observed: String) {
        lines.append(Receipt.Line(subject: subject, field: field, planned: planned, observed: observed))
    }

    private mutating func observeCredentials(_ subject: String, _ pid: Int32) throws(Errno) {
        let status = ProcessStatus(try text(pid, "status"))
        let (user, group) = (plan.identity.hostUser, plan.identity.hostGroup)
        add(subject, "uids", repeated(user), status["Uid"])
        add(subject, "gids", repeated(group), status["Gid"])
        let groups = status["Groups"]
        add(subject, "groups", plan.identity.dropsGroups ? "" : groups, groups)
        let sets: [(String, StaticString)] = [
            ("cap_inheritable", "CapInh"), ("cap_permitted", "CapPrm"), ("cap_effective", "CapEff"),
            ("cap_bounding", "CapBnd"), ("cap_ambient", "CapAmb"),
        ]
        for (field, key) in sets {
            add(subject, field, "0000000000000000", status[key])
        }
        add(subject, "no_new_privs", "1", status["NoNewPrivs"])
        add(subject, "seccomp", "2", status["Seccomp"])
        add(subject, "seccomp_filters", plannedFilters, status["Seccomp_filters"])
        if subject == "task" { observeState(status) }
    }

    /// What else the task begins with, and execve keeps.
    private mutating func observeState(_ status: ProcessStatus) {
        add("task", "signals_blocked", "0000000000000000", status["SigBlk"])
        guard plan.hardening.mitigateSpeculation else { return }
        for (field, key) in [
            ("speculation_store_bypass", "Speculation_Store_Bypass" as StaticString),
            ("speculation_indirect_branch", "SpeculationIndirectBranch"),
        ] {
            let state = status[key]
            let isOpen = state.hasSuffix("enabled") || (state.hasSuffix("vulnerable") && state != "not vulnerable")
            add("task", field, isOpen ? "mitigated" : state, state)
        }
    }

    /// Process group, session and controlling terminal, fields 5 to 7 of /proc/PID/stat; and the working directory.
    ///
    /// - Parameter terminal: Number of the device that is to control it; 0: none.
    private mutating func observeSession(_ pid: Int32, _ terminal: UInt64) throws(Errno) {
        let text = String(decoding: try text(pid, "stat"), as: UTF8.self)
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").dropFirst(3).prefix(3)
        add("task", "session", "\(pid) \(pid) \(terminal)", fields.joined(separator: " "))
        add("task", "directory", plan.workingDirectory, try Files.target("/proc/\(pid)/cwd"))
    }

    /// Whether a task on a terminal has nothing but that as its standard streams.
    ///
    /// - Returns: The terminal's device number, as /proc/PID/stat has it; 0: there is none, and none is planned.
    private mutating func observeTerminal(_ pid: Int32, _ terminal: Int32?) throws(Errno) -> UInt64 {
        guard plan.streams.terminal != nil else { return 0 }
        guard let terminal else { throw Errno(rawValue: ENOTTY) }
        let ours = try FileStatus.of(terminal)
        var found = ""
        for stream in 0...2 where try FileStatus.of("/proc/\(pid)/fd/\(stream)").isSameFile(as: ours) {
            found += found.isEmpty ? "\(stream)" : " \(stream)"
        }
        add("task", "terminal", "0 1 2", found)
        return ours.special
    }

    private func repeated(_ number: UInt32) -> String {
        "\(number) \(number) \(number) \(number)"
    }

    /// A namespace is its own if it isn't this process's.
    private mutating func observeNamespaces(_ pid: Int32) throws(Errno) {
        for (name, ours) in zip(Self.namespaces, ownNamespaces) {
            let theirs = try Files.target("/proc/\(pid)/ns/\(name)")
            let planned = name == "net" && plan.network == .host ? "host" : "own"
            add("task", "namespace.\(name)", planned, theirs == ours ? "host" : "own")
            // The mounts are read when init is: what counts are those of the task.
            if name == "mnt" { add("task", "mounts", mountNamespace, theirs) }
        }
    }

    private mutating func observeLimits(_ pid: Int32) throws(Errno) {
        let table = ProcessLimits(try text(pid, "limits"))
        for limit in plan.limits {
            guard let name = ProcessLimits.name(limit.resource) else { continue }
            let planned = "\(ProcessLimits.word(limit.soft)) \(ProcessLimits.word(limit.hard))"
            add("task", "limit.\(name)", planned, table[name])
        }
    }

    /// Only 0, 1 and 2 may outlive execve.
    private mutating func observeDescriptors(_ pid: Int32) throws(Errno) {
        var kept: [Int] = []
        for name in try Files.names(in: "/proc/\(pid)/fd") {
            if ["0", "1", "2"].contains(name) {
                kept.append(Int(name) ?? 0)
                continue
            }
            let info = ProcessStatus(try text(pid, "fdinfo/\(name)"))
            let flags = Int(info["flags"], radix: 8) ?? 0
            if flags & Int(O_CLOEXEC) == 0, let number = Int(name) { kept.append(number) }
        }
        let numbers = kept.sorted().reduce("") { $0.isEmpty ? "\($1)" : "\($0) \($1)" }
        add("task", "descriptors", "0 1 2", numbers)
    }

    private mutating func observeCgroup(_ pid: Int32, _ group: Int32?) throws(Errno) {
        guard let cgroup = plan.cgroup, let group else { return }
        for value in cgroup.values {
            let text = String(decoding: try Files.contents(value.file, at: group, limit: 4096), as: UTF8.self)
            // Of several lines, the one that begins with the same word: io.max has one for each disk.
            let lines = text.split(separator: "\n")
            let line = lines.first { $0.prefix { $0 != " " } == value.value.prefix { $0 != " " } } ?? lines.first
            add("task", value.file, value.value, String(line ?? ""))
        }
        let unified = ProcText.value("0:", then: UInt8(ascii: ":"), in: try text(pid, "cgroup"))
        add("task", "cgroup", cgroup.path, unified.map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    func text(_ pid: Int32, _ file: String) throws(Errno) -> [UInt8] {
        try Files.contents("/proc/\(pid)/\(file)", limit: 1 << 20)
    }
}
