import Testing

@testable import ToolProtocol

@Suite("The nearest spelling of an argument")
struct SpellingTests {
    @Test(
        "what a model has in mind is found",
        arguments: [
            ("taskId", ToolName.readOutput, "task_id"), ("TASK-ID", .readOutput, "task_id"),
            ("maxBytes", .readOutput, "max_bytes"),
            ("timeout", .readOutput, "timeout_ms"), ("timout_ms", .executeCommand, "timeout_ms"),
            ("comand", .executeCommand, "command"), ("args", .executeCommand, "argv"),
            ("workdir", .executeCommand, nil),
            ("mergeStderr", .executeCommand, "merge_stderr"), ("workfolder", .claudeCode, "workFolder"),
            ("x", .executeCommand, nil), ("", .executeCommand, nil), ("___", .executeCommand, nil),
        ] as [(String, ToolName, String?)])
    func nearest(name: String, tool: ToolName, expected: String?) {
        #expect(Spelling.nearest(to: name, among: Tool(tool).argumentNames) == expected)
    }

    @Test("a name of a million bytes takes no time")
    func hugeName() {
        let name = String(repeating: "timeout_ms", count: 100_000)
        let elapsed = ContinuousClock().measure {
            _ = Spelling.nearest(to: name, among: ["timeout_ms"])
        }
        #expect(elapsed < .milliseconds(500))
    }
}
