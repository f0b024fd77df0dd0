import Glibc
import Kernel
import Policy
import Records
import Tasks
import TestSupport
import Testing

@testable import Launching

@Suite("The directory of a task that is about to start")
struct CreatedTaskTests {
    @Test("has record, plan and socket, and is locked before it has its name")
    func made() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record()
        let created = try CreatedTask(record, plan: [1, 2, 3], bench.state)
        #expect(try bench.scratch.names("state/tasks") == [record.id.text])
        #expect(try bench.scratch.names("state/tasks/\(record.id)") == ["control", "plan", "record"])
        let task = try TaskDirectory(bench.state, record.id)
        #expect(try task.record() == record)
        #expect(try task.isHeld())
        #expect(try task.end() == nil)
        for name in ["plan", "record"] {
            #expect(try FileStatus.of("\(bench.state.path)/tasks/\(record.id)/\(name)").permissions & 0o077 == 0)
        }
        try created.remove()
        #expect(try bench.scratch.names("state/tasks").isEmpty)
    }

    @Test("that can't be made leaves nothing behind, and says what was wrong first")
    func undone() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record()
        // The name is taken by something that rename can't replace.
        try bench.scratch.write("state/tasks/\(record.id)/x")
        let before = try openDescriptors()
        for _ in 0..<300 {
            let error = #expect(throws: LaunchError.self) { _ = try CreatedTask(record, plan: [], bench.state) }
            #expect(error?.message.contains("naming the task's directory") == true)
        }
        #expect(try openDescriptors() < before + 100)
        #expect(try bench.scratch.names("state/tasks") == [record.id.text])
    }

    @Test("that is gone, with its lock, is no task that was lost")
    func dropped() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record()
        do {
            let created = try CreatedTask(record, plan: [], bench.state)
            try created.remove()
        }
        #expect(throws: TaskError.unknownTask(record.id.text)) { _ = try TaskDirectory(bench.state, record.id) }
    }
}

@Suite("A launch")
struct LaunchTests {
    private let bench: TaskBench
    private let compiled: CompiledPolicy

    init() throws {
        bench = try TaskBench()
        try bench.scratch.makeDirectory("ws")
        var policy = EffectivePolicy.allowing(["true"])
        policy.files.protect = ["{workspace}/.mcp.json", "{workspace}/.envrc"]
        compiled = try CompiledPolicy.sample(policy)
    }

    private func request(_ arguments: [String]) throws -> LaunchRequest {
        var request = LaunchRequest(.arguments(arguments), owner: "test")
        request.workspace = try Workspace("\(bench.scratch.path)/ws", policy: compiled.policy, off: [])
        return request
    }

    private func launch(_ request: LaunchRequest) -> LaunchError? {
        #expect(throws: LaunchError.self) { _ = try Launch.start(request, compiled, bench.state) }
    }

    /// The directory of the tasks is gone, and the tests' own program may have no airlock beside it: nothing can start.
    @Test("that fails at its last step leaves no placeholder and no descriptor")
    func failed() throws {
        let request = try request(["true"])
        try Files.remove("\(bench.scratch.path)/state/tasks", isDirectory: true)
        let before = try openDescriptors()
        for _ in 0..<100 {
            #expect(launch(request)?.kind == .failed)
        }
        #expect(try openDescriptors() < before + 50)
        #expect(try bench.scratch.names("ws").isEmpty)
    }

    @Test("that is refused begins nothing")
    func refused() throws {
        #expect(launch(try request(["false"]))?.kind == .refused)
        #expect(launch(try request(["no-such-program"]))?.kind == .notFound)
        #expect(try bench.scratch.names("ws").isEmpty)
    }

    @Test("needs a workspace for a directory, and the directory in it")
    func directory() throws {
        var outside = try request(["true"])
        outside.workingDirectory = ".."
        #expect(launch(outside)?.cause == "workspace")
        outside.workspace = nil
        outside.workingDirectory = "a"
        #expect(launch(outside)?.remedy.contains("--workspace") == true)
    }

    @Test("of a program that the view does not have, or lets nobody execute, says so")
    func view() throws {
        try bench.scratch.write("bin/tool", "x", mode: 0o755)
        var policy = EffectivePolicy.allowing(["tool"], path: ["\(bench.scratch.path)/bin"])
        let compiled = try CompiledPolicy.sample(policy)
        let request = LaunchRequest(.arguments(["tool"]), owner: "test")
        let missing = #expect(throws: LaunchError.self) { _ = try Launch.start(request, compiled, bench.state) }
        #expect(missing?.kind == .notFound)
        #expect(missing?.remedy.contains("files.read") == true)
        policy.files.write = ["\(bench.scratch.path)/bin"]
        let writable = try CompiledPolicy.sample(policy)
        let closed = #expect(throws: LaunchError.self) { _ = try Launch.start(request, writable, bench.state) }
        #expect(closed?.kind == .notExecutable)
        #expect(closed?.cause == "files.execute")
    }

    @Test("of a program with another digest than its rule pins is refused")
    func pinned() throws {
        var policy = EffectivePolicy.allowing(["true"])
        var rule = CommandRule(program: "true", reason: "pinned", origin: EffectivePolicy.sampleOrigin)
        rule.sha256 = "00".repeated(32)
        policy.commands.rules = [rule]
        let compiled = try CompiledPolicy.sample(policy)
        let request = LaunchRequest(.arguments(["true"]), owner: "test")
        let error = #expect(throws: LaunchError.self) { _ = try Launch.start(request, compiled, bench.state) }
        #expect(error?.kind == .refused)
        #expect(error?.message.contains("pins") == true)
    }

    @Test("without a layer that the policy requires is refused with its name and the remedy")
    func layers() throws {
        var policy = EffectivePolicy.allowing(["true"])
        policy.degrade = []
        let missing = ControlGroupTree.Finding.missing("none is delegated", remedy: "do this")
        let layers = try HostLayers(policy, landlockABI: 0, missing)
        let error = #expect(throws: LaunchError.self) { try layers.check(policy) }
        #expect(error?.cause == "require.cgroup")
        #expect(error?.exitCode == 125)
        #expect(error?.remedy.contains("do this") == true)
        policy.degrade = ["cgroup", "groups"]
        #expect(throws: LaunchError.self) { try layers.check(policy) }
        policy.degrade = ["cgroup", "groups", "landlock"]
        try layers.check(policy)
        let enforcement = layers.enforcement(policy)
        #expect(enforcement.first { $0.subject == "cgroup" }?.level == .notEnforced)
        #expect(enforcement.first { $0.subject == "landlock" }?.level == .notEnforced)
        #expect(enforcement.first { $0.subject == "ports" }?.level == .notApplicable)
    }
}

@Suite("An error of a launch")
struct LaunchErrorTests {
    @Test("has the exit code of the contract")
    func exitCodes() {
        let kinds: [(LaunchError.Kind, Int32)] = [
            (.refused, 126), (.notExecutable, 126), (.notFound, 127), (.failed, 125),
        ]
        for (kind, code) in kinds { #expect(LaunchError(kind, "a", "b").exitCode == code) }
    }

    @Test("stays the error that it is when something can't be taken back, and says that too")
    func undoing() {
        let error = LaunchError(.refused, "commands", "first", remedy: "do this")
        #expect(error.undoing {}.message == "first")
        let after = error.undoing { () throws(LaunchError) in throw LaunchError(.failed, "launch", "second") }
        #expect(after.kind == .refused)
        #expect(after.message.hasPrefix("first"))
        #expect(after.message.contains("second"))
        #expect(after.remedy == "do this")
    }
}

@Suite("The control group of a task")
struct ControlGroupTests {
    @Test("is asked for whole pages, one process more for init, and a share of each period")
    func values() {
        var limits = Limits()
        (limits.memory, limits.swap, limits.processes) = (ByteCount(10_000), ByteCount(0), 7)
        limits.cpu = CoreCount(thousandths: 1500)
        let values = Dictionary(uniqueKeysWithValues: ControlGroup.values(limits).map { ($0.file, $0.value) })
        #expect(
            values == [
                "memory.max": "8192", "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": "8",
                "cpu.max": "150000 100000", "cgroup.max.descendants": "0",
            ])
    }

    @Test("is asked for the largest share that a policy can name without a crash")
    func largest() {
        var limits = Limits()
        limits.cpu = CoreCount(thousandths: 8_192_000)
        (limits.memory, limits.processes) = (ByteCount(.max), 4_194_304)
        #expect(ControlGroup.values(limits).contains { $0.value == "819200000 100000" })
    }

    @Test(
        "lies beside the group of this process, above its leaf, and under a group of its own at the root",
        arguments: [
            ("/", "/sys/fs/cgroup/caisson"), ("/user.slice/a", "/sys/fs/cgroup/user.slice/a"),
            ("/a/supervisor", "/sys/fs/cgroup/a"), ("/supervisor", "/sys/fs/cgroup"),
            ("/a/xsupervisor", "/sys/fs/cgroup/a/xsupervisor"),
        ])
    func base(own: String, expected: String) {
        #expect(ControlGroupTree.base("/sys/fs/cgroup", own) == expected)
    }

    @Test("that this host can't give is no error, but has a reason and a remedy")
    func finding() throws {
        let finding = try ControlGroupTree.find("/nonexistent/group")
        if let missing = finding.missing {
            #expect(!missing.isEmpty)
            #expect(!finding.remedy.isEmpty)
        } else {
            #expect(finding.remedy.isEmpty)
        }
    }

    @Test("that can't be made leaves nothing behind")
    func undone() throws {
        let scratch = try Scratch()
        let tasks = try scratch.makeDirectory("tasks")
        let monitors = try scratch.makeDirectory("monitors")
        let tree = ControlGroupTree(tasks: tasks, monitors: monitors, tasksPath: "/tasks")
        let state = try StateDirectory(try scratch.makeDirectory("state", mode: 0o700))
        // This is no cgroup file system: no value can be set.
        #expect(throws: LaunchError.self) { _ = try ControlGroup(tree, try TaskBench.record().id, Limits(), [], state) }
        #expect(try scratch.names("tasks").isEmpty)
        #expect(try scratch.names("state/tasks").isEmpty)
    }
}
