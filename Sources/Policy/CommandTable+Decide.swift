extension CommandTable {
    /// Answers whether one command may be started.
    ///
    /// Programs are compared as files, so that a link or another spelling of the path changes nothing. A denying rule
    /// wins over everything, then `ask`, then the list.
    ///
    /// - Parameters:
    ///   - argv: The command, its name first.
    ///   - program: The file that would run, as the host has it; nil: none was found.
    ///   - interpreters: The files that `#!` lines name, from the script's own to the last.
    ///   - workspace: The task's workspace, which `{workspace}` stands for; nil: it has none.
    ///   - throughShell: Whether `argv` is `sh -c STRING` for a string that the policy hands to the shell.
    public func decide(
        argv: [String], program: ProgramIdentity?, interpreters: [ProgramIdentity] = [], workspace: String? = nil,
        throughShell: Bool = false
    ) -> Decision {
        if let refusal = Self.malformed(argv) { return refusal }
        guard let program else { return missing(argv) }
        let rules = rules.filter { $0.applies(to: argv, program) }
        if let refusal = refusal(argv, rules) { return explained(refusal, argv, program) }
        guard var decision = permission(argv, program, workspace, throughShell) else {
            return explained(unlisted(argv, program), argv, program)
        }
        if let refusal = refusal(argv, interpreters, decision.asked) { return refusal }
        decision.requiredDigest = rules.lazy.compactMap(\.sha256).first
        warn(&decision, argv, program)
        return decision
    }

    /// An empty argv is how CVE-2021-4034 began; a NUL would end the argument for the kernel and not for the rules.
    private static func malformed(_ argv: [String]) -> Decision? {
        guard let name = argv.first, !name.isEmpty else {
            return Decision(.refused, key: "commands", reasons: [Reason("there is no command", rule: "commands")])
        }
        guard !argv.contains(where: { $0.utf8.contains(0) }) else {
            return Decision(
                .refused, key: "commands", reasons: [Reason("an argument contains a NUL", rule: "commands")])
        }
        return nil
    }

    /// What `[[commands.rule]]` says against the command.
    private func refusal(_ argv: [String], _ rules: [ResolvedRule]) -> Decision? {
        let arguments = Array(argv.dropFirst())
        let name = VisibleText.quoted(argv[0])
        for rule in rules {
            if let shape = rule.denyArguments.first(where: { $0.denies(arguments) }) {
                let text = "\(name) may not be called with the arguments \"\(shape)\": \(rule.reason)"
                return Decision(.refused, key: "commands", reasons: [rule.step(text)])
            }
        }
        for rule in rules where !rule.allowArguments.isEmpty {
            if rule.allowArguments.contains(where: { $0.allows(arguments) }) { continue }
            let shapes = rule.allowArguments.map { "\"\($0)\"" }.joined(separator: ", ")
            let text = "\(name) may only be called with the arguments \(shapes): \(rule.reason)"
            return Decision(.refused, key: "commands", reasons: [rule.step(text)])
        }
        return nil
    }

    /// What speaks for the command; nil: nothing does.
    private func permission(
        _ argv: [String], _ program: ProgramIdentity, _ workspace: String?, _ throughShell: Bool
    ) -> Decision? {
        if let command = ask.first(where: { $0.matches(argv, program) }) {
            let text = "\"\(command.entry.spelling)\" needs a person's approval"
            let reason = Reason(text, rule: "commands.ask", origin: command.entry.origin)
            var decision = Decision(.ask, key: "ask", reasons: [reason])
            decision.asked = command.program
            return decision
        }
        if let reason = listed(argv, program) ?? beyondList(program, workspace, throughShell) {
            return Decision(.allowed, key: "commands", reasons: [reason])
        }
        return nil
    }

    private func listed(_ argv: [String], _ program: ProgramIdentity) -> Reason? {
        if let entry = entries.first(where: { $0.matches(argv, program) })?.entry {
            return Reason("\"\(entry.spelling)\" is on the list", rule: "commands.allow", origin: entry.origin)
        }
        return allowAll.map { Reason("every command is allowed", rule: "commands.allow_all", origin: $0) }
    }

    private func beyondList(_ program: ProgramIdentity, _ workspace: String?, _ throughShell: Bool) -> Reason? {
        if throughShell, let shellProgram, shellProgram.isSameFile(as: program) {
            let text = "the shell runs the string, and the kernel's list decides what it can start"
            return Reason(text, rule: "commands.shell", origin: shellOrigin)
        }
        guard let workspace else { return nil }
        for place in executablePlaces
        where PathText.isBeneath(program.path, PathText.expanded(place, workspace: workspace)) {
            return Reason("\(place) may be executed from", rule: "files.execute", origin: executableOrigin)
        }
        return nil
    }

    /// A script is no more than its interpreter can do, so that has to be allowed as well.
    private func refusal(_ argv: [String], _ interpreters: [ProgramIdentity], _ asked: ProgramIdentity?) -> Decision? {
        guard allowAll == nil, !interpreters.isEmpty else { return nil }
        let programs = (asked.map(approving) ?? self).kernelPrograms
        for interpreter in interpreters where !programs.contains(where: interpreter.isSameFile) {
            let text =
                "\(VisibleText.quoted(argv[0])) is a script for \(interpreter.path), which is neither on the list nor among the "
                + "children of a rule"
            return Decision(.refused, key: "commands", reasons: [Reason(text, rule: "commands.rule")])
        }
        return nil
    }

    /// Says of an allowed command what it could do with the permission.
    private func warn(_ decision: inout Decision, _ argv: [String], _ program: ProgramIdentity) {
        guard decision.verdict != .refused else { return }
        if let means = ArbitraryCode.means(of: program, calledAs: argv[0]) {
            decision.arbitraryCode = true
            let text = ArbitraryCode.warning(means, VisibleText.bounded(PathText.lastComponent(argv[0])))
            decision.reasons.append(Reason(text, rule: "arbitrary_code"))
        }
        if !executablePlaces.isEmpty {
            decision.arbitraryCode = true
            let places = executablePlaces.joined(separator: ", ")
            let text = "what is written to \(places) may be executed"
            decision.reasons.append(Reason(text, rule: "files.execute", origin: executableOrigin))
        }
    }
}

extension ResolvedRule {
    /// Whether the rule speaks of the command. Of a program of many names, only of the name that it was written for.
    func applies(to argv: [String], _ other: ProgramIdentity) -> Bool {
        guard program.isSameFile(as: other) else { return false }
        guard ArbitraryCode.isOfManyNames(program) else { return true }
        return PathText.lastComponent(argv[0]) == PathText.lastComponent(spelling)
    }

    func step(_ text: String) -> Reason {
        Reason(text, rule: "commands.rule", origin: origin)
    }
}
