import Kernel
import Policy
import Records
import Spooling
import Tasks
import TestSupport
import Testing

@testable import Launching

@Suite("What the kernel probably stopped")
struct KernelRefusalTests {
    private let bench: TaskBench
    private let compiled: CompiledPolicy

    init() throws {
        bench = try TaskBench()
        for name in ["listed", "unlisted"] { try bench.scratch.write("bin/\(name)", "x", mode: 0o755) }
        try bench.scratch.write("ws/copy", "x", mode: 0o755)
        compiled = try CompiledPolicy.sample(.allowing(["listed"], path: ["\(bench.scratch.path)/bin"]))
    }

    private func reason(
        _ output: String, code: Int32 = 127, digest: String? = nil, policy: CompiledPolicy? = nil
    ) throws -> String? {
        var record = try TaskBench.record(UInt8.random(in: 1...255))
        record.policyDigest = digest ?? (policy ?? compiled).digest
        record.workspace = "\(bench.scratch.path)/ws"
        record.workingDirectory = "\(bench.scratch.path)/ws"
        try Files.removeTree(record.id.text, at: bench.state.tasks.number)
        let task = try bench.add(record, .exited(code))
        try bench.spool(task).append(output, .stderr)
        return try KernelRefusal.reason(try TaskView(task), task, policy ?? compiled)
    }

    @Test(
        "is the program that the task complains of, if the host has it and the list has not",
        arguments: [
            "sh: 1: unlisted: not found\n", "bash: line 1: unlisted: command not found\n",
            "env: 'unlisted': No such file or directory\n", "find: ‘unlisted’: Permission denied\n",
            "xargs: unlisted: No such file or directory",
            "FileNotFoundError: [Errno 2] No such file or directory: 'unlisted'\n",
            "Error: spawn unlisted ENOENT\n", "exec: \"unlisted\": executable file not found in $PATH\n",
            "first\nsh: 1: unlisted: not found\nmake: *** [Makefile:2: all] Error 127\n",
        ])
    func named(output: String) throws {
        let reason = try reason(output)
        #expect(reason?.contains("\"unlisted\" is not on the command list") == true, "\(output)")
        #expect(reason?.contains("commands.allow") == true)
    }

    @Test(
        "is nothing where the host has no such program, or the list has it",
        arguments: [
            "", "sh: 1: nonexistent: not found\n", "sh: 1: listed: not found\n", "unlisted ran well\n",
            "cat: /no/such/file: No such file or directory\n", "\u{ff}\u{0}\n", "No such file or directory",
        ])
    func silent(output: String) throws {
        #expect(try reason(output) == nil, "\(output)")
    }

    @Test("is nothing for a task that succeeded, ran under another policy, or had no list")
    func notApplicable() throws {
        let output = "sh: 1: unlisted: not found\n"
        #expect(try reason(output, code: 0) == nil)
        #expect(try reason(output, digest: "other") == nil)
        var open = EffectivePolicy.allowing([], path: ["\(bench.scratch.path)/bin"])
        open.commands.allowAll = true
        #expect(try reason(output, policy: try CompiledPolicy.sample(open)) == nil)
    }

    @Test("says of a program in the workspace that nothing there may be executed")
    func workspace() throws {
        #expect(try reason("sh: 1: ./copy: Permission denied\n")?.contains("files.execute") == true)
    }

    @Test("shows nothing of the task's output as it is, and looks at a bounded part of it")
    func hostile() throws {
        try bench.scratch.write("bin/\u{1b}[31m", "x", mode: 0o755)
        let reason = try reason("sh: 1: \u{1b}[31m: not found\n")
        #expect(reason?.unicodeScalars.contains("\u{1b}") != true)
        #expect(try self.reason(String(repeating: "x: not found\n", count: 100_000)) == nil)
        #expect(try self.reason("unlisted: not found\n" + String(repeating: "y\n", count: 10_000)) == nil)
    }
}
