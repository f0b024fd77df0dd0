internal import Policy

/// `[[test]]`.
enum TestForm {
    static let keys = ["run", "expect", "because"]

    static let list = ValueForm<[PolicyTest]>.tables(read)

    private static func read(_ node: DocumentNode, _ reading: inout Reading) -> PolicyTest? {
        guard let table = TableReading(node, "test", keys: keys, &reading) else { return nil }
        let run = table.required("run", .texts("an argument") { _ in nil }, &reading)
        let expect = table.required("expect", .text("an expectation", expectationProblem), &reading)
        let because = table.value("because", .text("a key", becauseProblem), &reading)
        if let run, run.first?.isEmpty != false {
            reading.key = "test.run"
            reading.refuse(table.place(of: "run"), "this names no program")
        }
        guard let run, let expect = expect.flatMap(TestExpectation.init(word:)) else { return nil }
        return PolicyTest(run: run, expect: expect, because: because, origin: reading.origin(node.place))
    }

    private static func expectationProblem(_ text: String) -> TextProblem? {
        if TestExpectation(word: text) != nil { return nil }
        return TextProblem(
            "is nothing that a test can expect", remedy: "write refused, allowed, blocked or exits N, 0 to 255",
            nearest: EditDistance.nearest(to: text, among: ["refused", "allowed", "blocked"]))
    }

    /// A decision names the key that took it; `commands` stands for a command that is malformed or not there.
    private static func becauseProblem(_ text: String) -> TextProblem? {
        let known = ["commands", "arbitrary_code"] + SettingTable.all.map(\.name)
        if known.contains(text) { return nil }
        return TextProblem("is no key", nearest: EditDistance.nearest(to: text, among: known))
    }
}
