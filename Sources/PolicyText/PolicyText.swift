public import Policy

/// A policy as the text of one file.
public enum PolicyText {
    /// Writes an effective policy as TOML, with the place where each key was set in a comment behind it.
    ///
    /// - Returns: A policy file. Read again, it gives the same settings, with places in the new text. Keys that this
    ///   version refuses wherever they are set (`limits.disk`) are not written.
    public static func render(_ policy: EffectivePolicy) -> String {
        var writer = PolicyWriter(policy: policy)
        return writer.text()
    }
}

/// Writes the tables of a policy in the order of ``SettingTable``.
private struct PolicyWriter {
    let policy: EffectivePolicy
    private var lines: [String] = []

    init(policy: EffectivePolicy) {
        self.policy = policy
    }

    mutating func text() -> String {
        lines.append("# \(policy.sources.map(visible).joined(separator: ", then "))")
        lines.append("schema = 1")
        for table in SettingTable.tables { write(table) }
        for relaxation in policy.relaxations { write(relaxation) }
        for test in policy.tests { write(test) }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func write(_ table: String) {
        if !table.isEmpty { lines += ["", "[\(table)]"] }
        for setting in SettingTable.settings(of: table) { write(setting) }
        guard table == "commands" else { return }
        for rule in policy.commands.rules { write(rule) }
    }

    private mutating func write(_ setting: any PolicySetting) {
        let place = comment(policy.origins[setting.name])
        switch setting.written(policy) {
        case .single(let text): if text != "\"\"" { lines.append("\(setting.key) = \(text)\(place)") }
        case .list(let elements) where isSpread(elements.map { "\(setting.name).\($0.name)" }):
            lines.append("\(setting.key) = [\(place)")
            for (name, text) in elements {
                lines.append("    \(text),\(comment(policy.origins["\(setting.name).\(name)"]))")
            }
            lines.append("]")
        case .list(let elements): lines.append("\(setting.key) = \(TOMLText.list(elements.map(\.text)))\(place)")
        case .table(let entries) where entries.isEmpty: lines.append("\(setting.key) = {}\(place)")
        case .table(let entries):
            for (name, text) in entries {
                lines.append("\(setting.key).\(name) = \(text)\(comment(policy.origins["\(setting.name).\(name)"]))")
            }
        case nil: break
        }
    }

    /// Whether the elements of a list were written on other lines than the first.
    private func isSpread(_ elements: [String]) -> Bool {
        let places = Set(elements.map { comment(policy.origins[$0]) })
        return places.count > 1 || elements.count > 12
    }

    private mutating func write(_ rule: CommandRule) {
        lines += ["", "[[commands.rule]]\(comment(rule.origin))"]
        write("program", rule.program)
        write("allow_arguments", rule.allowArguments)
        write("deny_arguments", rule.denyArguments)
        write("children", rule.children)
        if let digest = rule.sha256 { write("sha256", digest) }
        write("reason", rule.reason)
    }

    private mutating func write(_ relaxation: Relaxation) {
        lines += ["", "[[relax]]\(comment(relaxation.origin))"]
        write("key", relaxation.key)
        write("reason", relaxation.reason)
        if let expires = relaxation.expires { write("expires", expires.description) }
    }

    private mutating func write(_ test: PolicyTest) {
        lines += ["", "[[test]]\(comment(test.origin))"]
        write("run", test.run)
        write("expect", test.expect.word)
        if let because = test.because { write("because", because) }
    }

    private mutating func write(_ key: String, _ value: String) {
        lines.append("\(key) = \(TOMLText.quoted(value))")
    }

    private mutating func write(_ key: String, _ list: [String]) {
        if !list.isEmpty { lines.append("\(key) = \(TOMLText.list(list.map(TOMLText.quoted)))") }
    }

    private func comment(_ origin: Origin?) -> String {
        let origin = origin ?? .standard
        return "  # \(visible(origin.file))" + (origin.line == 0 ? "" : ":\(origin.line)")
    }

    /// A comment ends with its line, and a path may contain anything.
    private func visible(_ path: String) -> String {
        VisibleText.bounded(path, limit: 1024)
    }
}
