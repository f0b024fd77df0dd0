internal import Policy

extension ValueForm where Value == [CommandRule] {
    /// `[[commands.rule]]`.
    static let rules = ValueForm(read: tables(RuleForm.read)) { _ in nil }
}

/// One `[[commands.rule]]`.
enum RuleForm {
    static let keys = ["program", "allow_arguments", "deny_arguments", "children", "sha256", "reason"]

    static func read(_ node: DocumentNode, _ reading: inout Reading) -> CommandRule? {
        let outer = reading.key
        defer { reading.key = outer }
        guard let table = TableReading(node, "commands.rule", keys: keys, &reading) else { return nil }
        let shapes = ValueForm<[String]>.texts("a shape of arguments", CommandSpelling.problem(inShape:))
        let program = table.required("program", .text("a program", CommandSpelling.problem(inChild:)), &reading)
        let reason = table.required("reason", .reason, &reading)
        let allow = table.value("allow_arguments", shapes, &reading)
        let deny = table.value("deny_arguments", shapes, &reading)
        let children = table.value("children", .texts("a program", CommandSpelling.problem(inChild:)), &reading)
        let digest = table.value("sha256", .text("a digest", digestProblem), &reading)
        guard let program, let reason else { return nil }
        var rule = CommandRule(program: program, reason: reason, origin: reading.origin(node.place))
        (rule.allowArguments, rule.denyArguments, rule.children) = (allow ?? [], deny ?? [], children ?? [])
        rule.sha256 = digest
        check(rule, table, &reading)
        return rule
    }

    private static func check(_ rule: CommandRule, _ table: TableReading, _ reading: inout Reading) {
        reading.key = "commands.rule.program"
        if rule.program.contains("*") {
            reading.refuse(table.place(of: "program"), "a rule speaks of one program, without *")
        }
        reading.key = "commands.rule"
        if !table.has(anyOf: ["allow_arguments", "deny_arguments", "children", "sha256"]) {
            reading.refuse(
                table.place, "this rule asks for nothing", remedy: "known are \(keys.joined(separator: ", "))")
        }
    }

    private static func digestProblem(_ text: String) -> TextProblem? {
        let isDigest = text.utf8.count == 64 && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        if isDigest { return nil }
        let lower = text.lowercased()
        let nearest = lower != text && digestProblem(lower) == nil ? lower : nil
        return TextProblem("is no SHA-256 digest", remedy: "write 64 lower-case hexadecimal digits", nearest: nearest)
    }
}
