internal import Policy

extension Narrowing where Value == [CommandEntry] {
    /// For `commands.allow`: each entry is covered by an earlier one. Where everything was allowed, every list is
    /// narrower.
    static let commands = Narrowing { earlier, later, policy in
        if policy.commands.allowAll { return Narrowed(value: later) }
        let wider = later.filter { entry in !earlier.contains { $0.covers(entry) } }
        return Narrowed(value: later, elements: wider.map(\.spelling))
    }

    /// For `commands.ask`: what needed approval still does. A later entry may take permission from what was allowed, and
    /// may not offer to a person what was refused.
    static let approvals = Narrowing { earlier, later, policy in
        let added = later.filter { entry in !earlier.contains { $0.spelling == entry.spelling } }
        let known = earlier + policy.commands.allow
        let wider = policy.commands.allowAll ? [] : added.filter { entry in !known.contains { $0.covers(entry) } }
        return Narrowed(value: earlier + added, elements: wider.map(\.spelling))
    }
}

extension Narrowing where Value == [CommandRule] {
    /// For `[[commands.rule]]`: all of them hold, so that more rules refuse more. Only `children` give something: each
    /// was allowed before, by the list or as a child of the same program.
    static let rules = Narrowing { earlier, later, policy in
        let given =
            policy.commands.allowAll
            ? []
            : later.flatMap { rule in
                rule.children.filter { !isKnown($0, rule.program, earlier, policy) }.map { "children.\($0)" }
            }
        return Narrowed(value: earlier + later, elements: given)
    }

    private static func isKnown(
        _ child: String, _ program: String, _ rules: [CommandRule], _ policy: EffectivePolicy
    ) -> Bool {
        func covers(_ known: String) -> Bool {
            known == child || (known.hasPrefix("/") && PathPattern.covers(known, child, beneath: false))
        }
        return policy.commands.allow.contains { covers($0.program) }
            || rules.contains { $0.program == program && $0.children.contains(where: covers) }
    }
}

extension Narrowing where Value == [EnvironmentVariable] {
    /// For `environment.set`: later values replace earlier ones and later names are added, but a variable that changes
    /// what a program is has to have been there.
    static let variables = Narrowing { earlier, later, _ in
        let names = Set(later.map(\.name))
        let merged = earlier.filter { !names.contains($0.name) } + later
        let wider = later.filter { variable in
            EnvironmentRules.isDangerous(variable.name) && !earlier.contains { $0.name == variable.name }
        }
        return Narrowed(value: merged.sorted { $0.name < $1.name }, elements: wider.map(\.name))
    }
}

extension Narrowing where Value == String {
    /// For `files.home`: a directory that is kept may become a fresh one, or a directory inside it.
    static let home = Narrowing.within { later, earlier in
        later == "fresh" || (earlier != "fresh" && PathPattern.covers(earlier, later, beneath: true))
    }

    /// For `syscalls.base`: `strict` allows no more than `default`; of other lists nothing is known.
    static let syscallBase = Narrowing.within { later, earlier in
        later == earlier || (later == "strict" && earlier == "default")
    }
}
