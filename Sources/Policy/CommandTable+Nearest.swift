/// What a refusal offers instead.
extension CommandTable {
    /// The answer where no file was found for the name.
    func missing(_ argv: [String]) -> Decision {
        let name = argv[0]
        var reasons: [Reason] = []
        if let entry = unresolved.first(where: { $0.program == name }) {
            let text = "\"\(entry.spelling)\" is on the list, but this host does not have \(VisibleText.quoted(name))"
            reasons.append(Reason(text, rule: "commands.allow", origin: entry.origin))
        } else if let remedy = ShellWords.remedy(name) {
            reasons.append(Reason("\(VisibleText.quoted(name)) is part of a shell: \(remedy)", rule: "commands"))
        } else {
            reasons.append(Reason("there is no program \(VisibleText.quoted(name))", rule: "commands.path"))
        }
        var decision = Decision(.notFound, key: "commands", reasons: reasons)
        decision.nearestAllowed = nearest(to: argv, program: nil)
        return decision
    }

    /// The answer where nothing speaks for the command.
    func unlisted(_ argv: [String], _ program: ProgramIdentity) -> Decision {
        let forms = entries.filter { $0.program.isSameFile(as: program) }.map(\.entry)
        let called = VisibleText.quoted(argv[0])
        guard let first = forms.first else {
            let text = "\(called) (\(VisibleText.bounded(program.path))) is not on the list"
            return Decision(
                .refused, key: "commands", reasons: [Reason(text, rule: "commands.allow", origin: listOrigin)])
        }
        let list = forms.prefix(8).map { "\"\($0.spelling)\"" }.joined(separator: ", ")
        let text = "\(called) is on the list only as \(list)"
        return Decision(
            .refused, key: "commands", reasons: [Reason(text, rule: "commands.allow", origin: first.origin)])
    }

    /// Where the list is: at its first entry.
    private var listOrigin: Origin { entries.first?.entry.origin ?? unresolved.first?.origin ?? .standard }

    /// Adds what would be allowed instead.
    func explained(_ decision: Decision, _ argv: [String], _ program: ProgramIdentity?) -> Decision {
        var decision = decision
        decision.nearestAllowed = nearest(to: argv, program: program)
        return decision
    }

    /// At most five entries: those of the same program first, then those with a name that is nearly the same.
    func nearest(to argv: [String], program: ProgramIdentity?) -> [String] {
        let name = PathText.lastComponent(argv[0])
        let line = ([name] + argv.dropFirst().prefix(1)).joined(separator: " ")
        let ranked = entries.enumerated().compactMap { index, command -> (Int, Int, String)? in
            let spelling = command.entry.spelling
            if let program, command.program.isSameFile(as: program) {
                return (EditDistance.between(line, spelling), index, spelling)
            }
            let base = PathText.lastComponent(command.entry.program)
            guard EditDistance.isNear(name, base) else { return nil }
            return (1000 + EditDistance.between(name, base), index, spelling)
        }
        var found: [String] = []
        for (_, _, spelling) in ranked.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) })
        where found.count < 5 && !found.contains(spelling) {
            found.append(spelling)
        }
        return found
    }
}

extension Reason {
    /// A step that no key of a file took.
    init(_ text: String, rule: String) {
        self.init(text, rule: rule, origin: nil)
    }
}
