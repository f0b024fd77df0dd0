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
    private let plannedFilters: String

    private static let namespaces = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]

    /// Reads what of this process itself the others are compared with.
    init(plan: LaunchPlan) throws(Errno) {
        self.plan = plan
        var own: [String] = []
        for name in Self.namespaces { own.append(try Files.target("/proc/self/ns/\(name)")) }
        ownNamespaces = own
        // One filter of its own, besides those under which this process was started: a container has one of its own.
        let inherited = ProcessStatus(try Files.contents("/proc/self/status"))["Seccomp_filters"]
        plannedFilters = "\((Int(inherited) ?? 0) + 1)"
    }

    /// Reads everything about init, once it has confined itself.
    mutating func observeReaper(_ pid: Int32) throws(Errno) {
        try observeCredentials("init", pid)
    }

    /// Reads everything about the task, which waits at the gate.
    ///
    /// - Parameter group: The task's cgroup, or nil.
    mutating func receipt(task: Int32, group: Int32?) throws(Errno) -> Receipt {
        try observeCredentials("task", task)
        try observeNamespaces(task)
        try observeLimits(task)
        try observeDescriptors(task)
        try observeMounts(task)
        try observeCgroup(task, group)
        return Receipt(takenAt: Clock.now(), pid: task, lines: lines)
    }

    private mutating func add(_ subject: String, _ field: String, _ planned: String, _ observed: String) {
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
            let info = ProcessStatus(try text(pid, "fdinfo/\(name)"))
            let flags = Int(info["flags"], radix: 8) ?? 0
            if flags & Int(O_CLOEXEC) == 0, let number = Int(name) { kept.append(number) }
        }
        let numbers = kept.sorted().reduce("") { $0.isEmpty ? "\($1)" : "\($0) \($1)" }
        add("task", "descriptors", "0 1 2", numbers)
    }

    private mutating func observeMounts(_ pid: Int32) throws(Errno) {
        let mounts = MountTable(try text(pid, "mountinfo"))
        observeMount("/", [.readOnly, .noSetUserID, .noDevices, .noExecute], mounts)
        for step in plan.mounts {
            if let (target, attributes) = step.placed { observeMount(target, attributes, mounts) }
        }
    }

    private mutating func observeMount(_ target: String, _ planned: MountAttributes, _ mounts: MountTable) {
        let observed = mounts.attributes(target)
        let words = observed?.words ?? "missing"
        // More restrictive than planned is what the host's own mount may be.
        let agrees = observed.map { planned.isSubset(of: $0) } ?? false
        add("task", "mount.\(target)", agrees ? words : planned.words, words)
    }

    private mutating func observeCgroup(_ pid: Int32, _ group: Int32?) throws(Errno) {
        guard let cgroup = plan.cgroup, let group else { return }
        for value in cgroup.values {
            let text = String(decoding: try Files.contents(value.file, at: group, limit: 4096), as: UTF8.self)
            add("task", value.file, value.value, String(text.prefix { $0 != "\n" }))
        }
        let unified = ProcText.value("0:", then: UInt8(ascii: ":"), in: try text(pid, "cgroup"))
        add("task", "cgroup", cgroup.path, unified.map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    private func text(_ pid: Int32, _ file: String) throws(Errno) -> [UInt8] {
        try Files.contents("/proc/\(pid)/\(file)", limit: 1 << 20)
    }
}

extension MountStep {
    /// Where a mount of its own is, and what it may not do there.
    fileprivate var placed: (target: String, attributes: MountAttributes)? {
        switch self {
        case .tree(_, let target, let attributes), .overlay(_, let target, let attributes),
            .handed(_, let target, let attributes), .scratch(_, let target, _, let attributes):
            (target, attributes)
        case .proc(let target, _): (target, [.readOnly, .noSetUserID, .noDevices, .noExecute])
        case .hide(let path, _): (path, [.readOnly])
        case .pin(let path, let readOnly): (path, readOnly ? [.readOnly] : [])
        case .directory, .link: nil
        }
    }
}
