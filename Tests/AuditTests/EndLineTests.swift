import Audit
import JSON
import Kernel
import Policy
import Records
import Tasks
import TestSupport
import Testing

@Suite("The end of a task in the audit log")
struct EndLineTests {
    private let bench: AuditBench

    init() throws {
        bench = try AuditBench()
    }

    private func ends() throws -> [String] {
        var found: [String] = []
        try AuditReader(bench.bench.state).each { line in
            if line["event"] == "end" { found.append(line["task"]?.stringValue ?? "") }
        }
        return found
    }

    @Test("it is written once, however many front ends see it")
    func once() throws {
        let end = EndRecord.exited(0)
        let task = try bench.bench.add(try TaskBench.record(1), end)
        for _ in 0..<5 { try bench.log.recordEnd(task, end) }
        #expect(try ends() == [task.id.text])
    }

    @Test("a front end that was killed before the line leaves it to the next one, one after the line does not")
    func killedBetween() throws {
        let end = EndRecord.exited(0)
        let task = try bench.bench.add(try TaskBench.record(1), end)
        // Killed before: the note is there, and the line is not.
        let size = UInt64(try bench.log.head()?.size ?? 0)
        let note = "\(size) 100 \(String(repeating: "a", count: 64))"
        try bench.bench.write(note, .auditing, task)
        try bench.log.recordEnd(task, end)
        #expect(try ends().count == 1)
        // Killed after: the line is there, and the note was not renamed.
        try Files.rename(TaskFile.audited.rawValue, to: TaskFile.auditing.rawValue, at: task.directory.number)
        try bench.log.recordEnd(task, end)
        #expect(try ends().count == 1)
        #expect(try bench.report().isWhole)
    }

    @Test("a task that was removed in the meantime gets no second line")
    func removed() throws {
        let end = EndRecord.exited(0)
        let task = try bench.bench.add(try TaskBench.record(1), end)
        try Files.removeTree(task.id.text, at: bench.bench.state.tasks.number)
        try bench.log.recordEnd(task, end)
        #expect(try ends() == [])
    }

    @Test("secrets of argv and of variables are in no line of a start or of a refusal")
    func redacted() throws {
        var policy = EffectivePolicy()
        policy.redact = ["*_TOKEN", "--password=*"]
        var record = try TaskBench.record(1)
        record.arguments = ["curl", "--password", "hunter2", "API_TOKEN=hunter2", "sh -c 'X_TOKEN=hunter2 y'"]
        let variables = [
            EnvironmentVariable(name: "MY_TOKEN", value: "hunter2"), EnvironmentVariable(name: "A", value: "b"),
        ]
        try bench.log.append([
            .start(record, plan: [1, 2, 3], variables, policy),
            .refusal(
                record.arguments, policy: "p", cause: "commands", reason: "\"API_TOKEN=hunter2\" is not allowed",
                rule: nil, place: nil, task: nil, Redaction(policy.redact)),
        ])
        let text = String(decoding: try bench.bytes(), as: UTF8.self)
        #expect(!text.contains("hunter2"))
        #expect(text.contains(#""env":["MY_TOKEN=[redacted]","A=b"]"#))
    }
}
