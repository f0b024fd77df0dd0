import Policy

/// A host of the tests: which programs it has, and which of them are one file.
struct FakeHost {
    private var files: [String: ProgramIdentity] = [:]
    private let path = ["/usr/local/bin", "/usr/bin", "/bin"]

    /// A host with these programs, each a file of its own, by absolute path or by name in /usr/bin.
    init(_ programs: [String]) {
        for program in programs { add(program.hasPrefix("/") ? program : "/usr/bin/\(program)") }
    }

    private mutating func add(_ path: String) {
        let number = UInt64(files.count + 10)
        files[path] = ProgramIdentity(path: path, device: 1, inode: number, size: 100, modified: 1, changed: 1)
    }

    /// Makes a name one with a file that is there.
    mutating func link(_ path: String, to target: String) {
        files[path] = files[target]
    }

    /// What the launch would find for a name or an absolute path.
    func resolve(_ name: String) -> ProgramIdentity? {
        if name.contains("/") { return files[name] }
        return path.lazy.compactMap { files["\($0)/\(name)"] }.first
    }

    /// Every program of a form, in order.
    func expand(_ pattern: String) -> [ProgramIdentity] {
        files.keys.sorted().filter { PathPattern.matches(pattern, $0) }.compactMap { files[$0] }
    }

    /// The table of a policy on this host.
    func table(_ policy: EffectivePolicy, environment: [String: String] = [:]) -> CommandTable {
        CommandTable.build(policy: policy, environment: environment, resolve: resolve, expand: expand)
    }

    /// The decision about one command.
    func decide(_ policy: EffectivePolicy, _ argv: [String], environment: [String: String] = [:]) -> Decision {
        table(policy, environment: environment).decide(argv: argv, program: argv.first.flatMap(resolve))
    }
}

extension EffectivePolicy {
    /// A policy with a list and rules.
    static func listing(_ allow: [String], ask: [String] = [], rules: [CommandRule] = []) -> EffectivePolicy {
        var policy = EffectivePolicy()
        let place = Origin(file: "p.toml", line: 3, column: 1)
        policy.commands.allow = allow.compactMap { CommandEntry($0, origin: place) }
        policy.commands.ask = ask.compactMap { CommandEntry($0, origin: place) }
        policy.commands.rules = rules
        return policy
    }
}

extension CommandRule {
    /// A rule of the tests.
    static func on(
        _ program: String, allow: [String] = [], deny: [String] = [], children: [String] = [], sha256: String? = nil
    ) -> CommandRule {
        var rule = CommandRule(
            program: program, reason: "because", origin: Origin(file: "p.toml", line: 7, column: 1))
        (rule.allowArguments, rule.denyArguments, rule.children, rule.sha256) = (allow, deny, children, sha256)
        return rule
    }
}
