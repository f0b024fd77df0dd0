internal import Policy

/// Every key of a policy file, in the order in which a policy is shown. `[[relax]]` and `[[test]]` are read apart.
enum SettingTable {
    static let all: [any PolicySetting] = head + commands + files + network + limits + confinement + environment + rest

    /// The keys of one table.
    static func settings(of table: String) -> [any PolicySetting] { all.filter { $0.table == table } }

    /// The tables, in their order.
    static let tables = all.map(\.table).reduce(into: [String]()) { list, table in
        if list.last != table { list.append(table) }
    }

    private static let head: [any PolicySetting] = [
        Setting("name", \.name, .text("a name", HeadSpelling.problem(inName:)), .latest),
        Setting("description", \.description, .text("a sentence") { _ in nil }, .latest),
    ]

    // The list is merged before `allow_all`, because a list is narrower than everything; rules and `ask` are compared with
    // the earlier list, and come before both.
    private static let commands: [any PolicySetting] = [
        Setting("commands.rule", \.commands.rules, .rules, .rules),
        Setting("commands.ask", \.commands.ask, .commands, .approvals),
        Setting("commands.allow", \.commands.allow, .commands, .commands),
        Setting("commands.allow_all", \.commands.allowAll, .flag, .onlyFalse),
        Setting("commands.path", \.commands.path, .directories, .searchPath),
        Setting("commands.shell", \.commands.shell, .choice, .atMost),
        Setting("commands.environment", \.commands.environment, .flag, .onlyFalse),
    ]

    private static let files: [any PolicySetting] = [
        Setting("files.view", \.files.view, .choice, .atMost),
        Setting("files.workspaces", \.files.workspaces, .workspaces, .patterns),
        Setting("files.root_workspace", \.files.rootWorkspace, .flag, .onlyFalse),
        Setting("files.read", \.files.read, .places, .places),
        Setting("files.write", \.files.write, .writablePlaces, .places),
        Setting("files.execute", \.files.execute, .writablePlaces, .places),
        Setting("files.hide", \.files.hide, .places, .united),
        Setting("files.protect", \.files.protect, .protectedPlaces, .united),
        Setting("files.tmp", \.files.tmp, .size(atLeast: ByteCount(4096)), .atMost),
        Setting("files.home", \.files.home, .home, .home),
    ]

    private static let network: [any PolicySetting] = [
        Setting("network.mode", \.network.mode, .networkMode, .atMost),
        Setting(
            "network.ports", \.network.ports, .ports, .coveredUnlessEmpty(name: \.description, by: { $0 == $1 })),
        Setting("network.allow", \.network.allow, .texts("a destination") { _ in nil }.onlyEmpty(), .names),
    ]

    /// A project's number and limit belong to inodes, and would outlive the task that they were set for.
    private static let diskRemedy =
        "leave the key out, and let an administrator give the workspace's directory a project quota "
        + "(docs/policies.md, [limits])"

    private static let limits: [any PolicySetting] = [
        Setting("limits.wall", \.limits.wall, .duration(atLeast: TimeSpan(nanoseconds: 1_000_000)), .atMost),
        Setting("limits.grace", \.limits.grace, .duration(), .atMost),
        Setting("limits.cpu", \.limits.cpu, .cores, .atMost),
        Setting("limits.cpu_time", \.limits.cpuTime, .duration(atLeast: TimeSpan(nanoseconds: 1_000_000)), .atMost),
        Setting("limits.memory", \.limits.memory, .size(atLeast: .mebibytes(1)), .atMost),
        Setting("limits.swap", \.limits.swap, .size(), .atMost),
        Setting("limits.processes", \.limits.processes, .count(1...4_194_304), .atMost),
        Setting("limits.open_files", \.limits.openFiles, .count(4...1_073_741_816), .atMost),
        Setting("limits.file_size", \.limits.fileSize, .size(), .atMost),
        Setting("limits.disk", \.limits.disk, .notEnforced(.size(atLeast: ByteCount(1)), remedy: diskRemedy), .latest),
        Setting("limits.io", \.limits.io, .optional(.rate), .atMostIfAny),
        Setting("limits.output", \.limits.output, .size(atLeast: ByteCount(4096)), .atMost),
        Setting("limits.core", \.limits.core, .size(), .atMost),
    ]

    private static let confinement: [any PolicySetting] = [
        Setting("syscalls.base", \.syscalls.base, .text("a base", SyscallSpelling.problem(inBase:)), .syscallBase),
        Setting("syscalls.allow", \.syscalls.allow, .texts("a call", SyscallSpelling.problem(inCall:)), .names),
        Setting("syscalls.deny", \.syscalls.deny, .texts("a call", SyscallSpelling.problem(inCall:)), .united),
        Setting(
            "privileges.capabilities", \.privileges.capabilities, .texts("a capability") { _ in nil }.onlyEmpty(),
            .names),
        Setting("privileges.user", \.privileges.user, .choice, .atMost),
        Setting("hardening.write_execute", \.hardening.writeExecute, .flag, .onlyFalse),
        Setting("hardening.speculation", \.hardening.speculation, .choice, .atMost),
        Setting("hardening.proc", \.hardening.proc, .choice, .atMost),
    ]

    private static let environment: [any PolicySetting] = [
        Setting("environment.keep", \.environment.keep, .variableNames, .variables),
        Setting("environment.set", \.environment.set, .variables, .variables),
        Setting("environment.accept", \.environment.accept, .variableNames, .variables),
    ]

    private static let rest: [any PolicySetting] = [
        Setting("cgroup.parent", \.cgroupParent, .text("\"auto\" or a path", HeadSpelling.problem(inParent:)), .latest),
        Setting("audit.redact", \.redact, .texts("a pattern", HeadSpelling.problem(inPattern:)), .united),
        Setting("retention.ended", \.retention.ended, .duration(), .latest),
        Setting("retention.disk", \.retention.disk, .size(), .latest),
        Setting("require.degrade", \.degrade, .texts("a layer", HeadSpelling.problem(inLayer:)), .names),
    ]
}
