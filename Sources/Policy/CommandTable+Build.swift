extension CommandTable {
    /// Looks every name of a policy up, once. Deciding never asks the host again.
    ///
    /// - Parameters:
    ///   - policy: The merged policy.
    ///   - environment: The front end's own environment, read once at its start. ALLOWED_COMMANDS (a comma list of
    ///     entries) and ALLOW_ALL_COMMANDS (exactly `true`) count only where `commands.environment` is true.
    ///   - resolve: Finds a name on `commands.path`, or an absolute path; nil: this host has no such program.
    ///   - expand: Finds the programs under a path with `*` in it; empty: there are none.
    public static func build(
        policy: EffectivePolicy,
        environment: [String: String],
        resolve: (String) -> ProgramIdentity?,
        expand: (String) -> [ProgramIdentity]
    ) -> CommandTable {
        var table = CommandTable()
        let settings = policy.commands
        table.allowAll = settings.allowAll ? policy.origins["commands.allow_all"] ?? .standard : nil
        table.executablePlaces = policy.files.execute
        table.executableOrigin = policy.origins["files.execute"] ?? .standard
        var additions: [CommandEntry] = []
        if settings.environment {
            additions = Self.additions(environment)
            if environment["ALLOW_ALL_COMMANDS"] == "true", table.allowAll == nil {
                table.allowAll = .environment("ALLOW_ALL_COMMANDS")
            }
        }
        table.entries = table.look(up: settings.allow + additions, resolve, expand)
        table.ask = table.look(up: settings.ask, resolve, expand)
        for rule in settings.rules { table.add(rule, resolve, expand) }
        table.setShell(policy, resolve)
        return table
    }

    /// The entries of ALLOWED_COMMANDS: separated by commas, each as in `commands.allow`.
    private static func additions(_ environment: [String: String]) -> [CommandEntry] {
        (environment["ALLOWED_COMMANDS"] ?? "").split(separator: ",").compactMap {
            CommandEntry($0, origin: .environment("ALLOWED_COMMANDS"))
        }
    }

    private mutating func look(
        up entries: [CommandEntry], _ resolve: (String) -> ProgramIdentity?, _ expand: (String) -> [ProgramIdentity]
    ) -> [ResolvedCommand] {
        entries.flatMap { entry in
            let programs = Self.programs(entry.program, resolve, expand)
            if programs.isEmpty { unresolved.append(entry) }
            return programs.map { ResolvedCommand(entry: entry, program: $0) }
        }
    }

    private static func programs(
        _ name: String, _ resolve: (String) -> ProgramIdentity?, _ expand: (String) -> [ProgramIdentity]
    ) -> [ProgramIdentity] {
        name.utf8.contains(UInt8(ascii: "*")) ? expand(name) : resolve(name).map { [$0] } ?? []
    }

    /// A rule for a program that the host does not have says nothing; its children are not looked for.
    private mutating func add(
        _ rule: CommandRule, _ resolve: (String) -> ProgramIdentity?, _ expand: (String) -> [ProgramIdentity]
    ) {
        guard let program = resolve(rule.program) else { return }
        let children = rule.children.flatMap { Self.programs($0, resolve, expand) }
        rules.append(ResolvedRule(rule, program: program, children: children))
    }

    /// `trust` holds only while every command is allowed: the environment may not have said so.
    private mutating func setShell(_ policy: EffectivePolicy, _ resolve: (String) -> ProgramIdentity?) {
        shell = policy.commands.shell
        if shell == .trust, allowAll == nil { shell = .check }
        shellOrigin = policy.origins["commands.shell"] ?? .standard
        if shell != .refuse { shellProgram = resolve("sh") }
    }
}
