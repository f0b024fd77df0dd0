public import JSON
internal import Kernel
public import Records

/// A task as users see it, on the command line and over MCP: the task view of the contract.
public struct TaskView: Sendable {
    /// What was known of it before it started.
    public let record: TaskRecord
    /// Its main process on the host, while it runs.
    public let pid: Int32?
    /// How it ended, or nil while it runs.
    public let end: EndRecord?
    /// Output that was asked for.
    public var output: OutputPart?
    /// How many bytes of input were taken, where some were given.
    public var takenInput: Int?
    /// Why it stands as it does, where that is known or can be deduced.
    public var reason: String?
    /// Whether the output matched the pattern that the caller waits for; nil: there is none.
    public var isMatched: Bool?
    /// Whether `reason` was only deduced.
    public var isInferred = false
    /// Names for which its policy's patterns stand and that came while it ran; nil: none, or nobody has looked.
    public private(set) var newMatches: NewMatches?
    /// What to do next, for a caller that is a program.
    public var next: String?

    /// The view of a task as its directory shows it at this moment.
    public init(_ task: TaskDirectory) throws(TaskError) {
        record = try task.record()
        end = try task.end()
        let receipt = try task.receipt()
        pid = receipt?.pid
        reason = end.flatMap { EndText.reason($0, receipt) }
        try readMatches(task)
    }

    /// Reads what somebody may have found since.
    public mutating func readMatches(_ task: TaskDirectory) throws(TaskError) {
        guard end != nil, record.watched != nil else { return }
        newMatches = try task.newMatches()
    }

    /// How it stands.
    public var status: TaskStatus { end?.status ?? .running }

    /// How long it has run, or ran, in nanoseconds.
    public var runtime: UInt64 { end?.runtime ?? UInt64(clamping: Clock.now() - record.startedAt) }

    /// The members of the contract's task view, in its order.
    public var json: JSONObject {
        JSONObject(present: [
            "task_id": .string(record.id.text), "pid": pid.map { JSON($0) } ?? .null, "argv": JSON(record.arguments),
            "cwd": .string(record.workingDirectory),
            "policy": .object(
                JSONObject(present: ["name": .string(record.policy), "digest": .string(record.policyDigest)])),
            "status": .string(status.word), "started_at": .string(TimeText.timestamp(record.startedAt)),
            "runtime_ms": JSON(runtime / 1_000_000), "ended_at": end.map { .string(TimeText.timestamp($0.endedAt)) },
            "exit_code": end?.exitCode.map { JSON($0) },
            "signal": end?.signal.map { .string("SIG" + Signals.name($0)) },
            "reason": reason.map(JSON.string), "inferred": isInferred ? .bool(true) : nil, "usage": .object(usage),
            "output": output.map { .object($0.json) },
            "input": takenInput.map { .object(["taken_bytes": JSON($0)]) },
            "matched": isMatched.map(JSON.bool),
            "end": end.map { .object($0.json(newMatches)) }, "next": next.map(JSON.string),
        ])
    }

    /// A figure that this host can't know is null.
    private var usage: JSONObject {
        JSONObject(present: [
            "cpu_ms": end?.cpuTime.map { JSON($0 / 1_000_000) } ?? .null,
            "peak_memory_bytes": end?.peakMemory.map { JSON($0) } ?? .null,
            "peak_processes": end?.peakProcesses.map { JSON($0) } ?? .null,
            "throttled_ms": end?.throttledTime.map { JSON($0 / 1_000_000) } ?? .null,
            "refused_forks": end?.refusedForks.map { JSON($0) } ?? .null,
        ])
    }
}

extension EndRecord {
    /// `end` of the task view.
    func json(_ newMatches: NewMatches?) -> JSONObject {
        JSONObject(present: [
            "cause": .string(cause), "by": by.map(JSON.string), "limit": limit.map(JSON.string),
            "step": stage.map { .string($0.name) }, "errno": errno.map { .string(Errno(rawValue: $0).name) },
            "detail": detail.map(JSON.string), "proof": proof.map { .object($0.json) } ?? .null,
            "new_matches": newMatches.map { .object($0.json) },
        ])
    }
}

extension NewMatches {
    /// `end.new_matches` of the task view.
    var json: JSONObject {
        JSONObject(present: [
            "paths": JSON(paths), "more": .bool(cut != nil), "why": cut.map(JSON.string),
            "looked_at": .string(TimeText.timestamp(lookedAt)),
        ])
    }
}

extension EndProof {
    /// `end.proof` of the task view.
    var json: JSONObject {
        let what =
            switch kind {
            case .initReaped: "init_reaped"
            case .cgroupEmpty: "cgroup_empty"
            case .neverStarted: "never_started"
            }
        return JSONObject(present: [
            "kind": .string(what), "at": .string(TimeText.timestamp(at)), "killed": killed.map { JSON($0) } ?? .null,
        ])
    }
}
