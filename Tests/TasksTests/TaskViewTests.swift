import JSON
import Kernel
import Records
import Spooling
import TestSupport
import Testing

@testable import Tasks

@Suite("The view of a task")
struct TaskViewTests {
    private let start: Int64 = 1_700_000_000_120_000_000

    @Test("while it runs has the members of the contract, and null for what nobody knows yet")
    func running() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record(startedAt: start)
        let task = try bench.add(record)
        let lock = try bench.lock(task)
        let json = try TaskView(task).json
        #expect(
            json.keys == ["task_id", "pid", "argv", "cwd", "policy", "status", "started_at", "runtime_ms", "usage"])
        #expect(json["pid"] == .null)
        #expect(json["task_id"] == .string(record.id.text))
        #expect(json["argv"] == ["make", "all"])
        #expect(json["policy"] == ["name": "build", "digest": "d1"])
        #expect(json["status"] == "running")
        #expect(json["started_at"] == "2023-11-14T22:13:20.120Z")
        let unknown: JSON = [
            "cpu_ms": .null, "peak_memory_bytes": .null, "peak_processes": .null, "throttled_ms": .null,
            "refused_forks": .null,
        ]
        #expect(json["usage"] == unknown)
        withExtendedLifetime(lock) {}
    }

    @Test("after its end has the end with its proof, and its figures")
    func ended() throws {
        let bench = try TaskBench()
        var end = EndRecord(status: .terminated, cause: "stop", endedAt: start + 2_000_000_000)
        (end.by, end.signal, end.runtime, end.cpuTime) = ("cli:0", 15, 1_999_999_999, 5_000_001)
        (end.peakMemory, end.peakProcesses) = (4096, 3)
        (end.throttledTime, end.refusedForks) = (7_000_001, 2)
        end.proof = EndProof(kind: .cgroupEmpty, at: start, killed: nil)
        let task = try bench.add(try TaskBench.record(startedAt: start), end)
        try Files.replace(
            TaskFile.receipt.rawValue, with: Receipt(takenAt: start, pid: 4711, lines: []).sealed,
            at: task.directory.number)
        var view = try TaskView(task)
        view.next = "do this"
        let json = view.json
        #expect(
            json.keys == [
                "task_id", "pid", "argv", "cwd", "policy", "status", "started_at", "runtime_ms", "ended_at", "signal",
                "reason", "usage", "end", "next",
            ])
        #expect(json["pid"] == 4711)
        #expect(json["runtime_ms"] == 1999)
        #expect(json["ended_at"] == "2023-11-14T22:13:22.120Z")
        #expect(json["signal"] == "SIGTERM")
        #expect(json["reason"] == "it was ended by stop (cli:0)")
        let usage: JSON = [
            "cpu_ms": 5, "peak_memory_bytes": 4096, "peak_processes": 3, "throttled_ms": 7, "refused_forks": 2,
        ]
        #expect(json["usage"] == usage)
        let proof: JSON = ["kind": "cgroup_empty", "at": "2023-11-14T22:13:20.120Z", "killed": .null]
        #expect(json["end"] == ["cause": "stop", "by": "cli:0", "proof": proof])
    }

    @Test("has an exit code only if the task exited, and a signal only if one ended it")
    func exitCode() throws {
        let bench = try TaskBench()
        let json = try TaskView(try bench.add(try TaskBench.record(), .exited(0))).json
        #expect(json["exit_code"] == 0)
        #expect(json["signal"] == nil)
        #expect(json["reason"] == nil)
        let lost = try TaskView(try bench.add(try TaskBench.record(2))).json
        #expect(lost["exit_code"] == nil)
        #expect(lost["status"] == "lost")
        #expect(lost["end"]?["proof"] == .null)
    }

    @Test("of a task that could not be started names the step and the errno")
    func step() throws {
        let bench = try TaskBench()
        var end = EndRecord(status: .failedToStart, cause: "launch", endedAt: start)
        (end.stage, end.errno, end.detail) = (.mounts, 2, "/srv/a/.env")
        let json = try TaskView(try bench.add(try TaskBench.record(), end)).json
        #expect(json["end"]?["step"] == "mounts")
        #expect(json["end"]?["errno"] == "ENOENT")
        #expect(json["end"]?["detail"] == "/srv/a/.env")
    }

    @Test("says of a deduced reason that it is one")
    func inferred() throws {
        let bench = try TaskBench()
        var view = try TaskView(try bench.add(try TaskBench.record(), .exited(127)))
        (view.reason, view.isInferred) = ("because", true)
        #expect(view.json["inferred"] == true)
        #expect(view.json["reason"] == "because")
    }

    @Test("inspected has plan, enforcement and receipt, and no value of the environment")
    func inspection() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record(startedAt: start)
        let task = try bench.add(record, .exited(0, at: start))
        var plan = try LaunchPlan.sample(record.id)
        plan.environment = [Array("TOKEN=secret".utf8)]
        try Files.replace(TaskFile.plan.rawValue, with: plan.sealed, at: task.directory.number)
        let lines = [
            Receipt.Line(subject: "task", field: "uids", planned: "1000", observed: "1000"),
            Receipt.Line(subject: "task", field: "seccomp", planned: "2", observed: "0"),
        ]
        try Files.replace(
            TaskFile.receipt.rawValue, with: Receipt(takenAt: start, pid: 1, lines: lines).sealed,
            at: task.directory.number)
        let inspection = try Inspection(task)
        #expect(inspection.json["plan"]?["environment"] == ["TOKEN"])
        #expect(inspection.json["enforcement"]?.arrayValue?.first?["level"] == "enforced")
        #expect(inspection.json["receipt"]?["lines"]?.arrayValue?.map { $0["agrees"] } == [true, false])
        for text in [inspection.text, JSON.object(inspection.json).text] { #expect(!text.contains("secret")) }
        #expect(inspection.text.contains("DIFFERS FROM 2"))
        #expect(inspection.text.contains("exit code   0"))
    }
}
