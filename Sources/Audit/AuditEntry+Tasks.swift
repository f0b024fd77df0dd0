public import JSON
internal import Kernel
public import Policy
public import Records
internal import Tasks

extension AuditEntry {
    /// A task that is about to be released.
    ///
    /// - Parameters:
    ///   - plan: The plan as it was handed to the airlock, of which the line has the hash.
    ///   - variables: What the caller sets.
    ///   - approval: What a person approved, where the policy asks.
    public static func start(
        _ record: TaskRecord, plan: [UInt8], _ variables: [EnvironmentVariable], _ policy: EffectivePolicy,
        approval: Approval? = nil
    ) -> AuditEntry {
        let redaction = Redaction(policy.redact)
        let missing = record.enforcement.filter { $0.level == .notEnforced }.map(\.subject)
        return AuditEntry(
            .start,
            JSONObject(present: [
                "task": .string(record.id.text), "argv": bounded(redaction.arguments(record.arguments)),
                "env": bounded(variables.map { "\($0.name)=\(redaction.value(of: $0))" }),
                "cwd": .string(record.workingDirectory), "workspace": record.workspace.map(JSON.string) ?? .null,
                "policy": .string(record.policy), "policy_digest": .string(record.policyDigest),
                "plan_sha256": .string(SHA256.hexadecimal(plan)),
                "relaxations": JSON(policy.relaxations.map(\.key)), "not_enforced": JSON(missing),
                "approval": approval.map { .string($0.id) },
            ]))
    }

    /// How a person answered the question whether a command may be started.
    ///
    /// - Parameters:
    ///   - id: What the line of an approved start names.
    ///   - by: Who asked for the command, such as `mcp:1000`.
    ///   - means: How the person was asked: `elicitation` or `terminal`.
    public static func approval(
        _ question: ApprovalQuestion, id: String, _ answer: ApprovalAnswer, by: String, through means: String,
        _ redaction: Redaction
    ) -> AuditEntry {
        let reason = question.reasons.first
        return AuditEntry(
            .approval,
            JSONObject(present: [
                "approval": .string(id), "answer": .string(answer.rawValue), "by": .string(by),
                "through": .string(means), "argv": bounded(redaction.arguments(question.arguments)),
                "env": bounded(question.variables.map { "\($0.name)=\(redaction.value(of: $0))" }),
                "program": .string(question.files.first?.path ?? ""), "cwd": .string(question.workingDirectory),
                "workspace": question.workspace.map(JSON.string) ?? .null, "policy": .string(question.policy),
                "policy_digest": .string(question.policyDigest), "rule": reason.map { .string($0.rule) },
                "file": reason?.file.map(JSON.string), "line": reason.map { JSON($0.line) },
            ]))
    }

    /// A task that was not started.
    ///
    /// - Parameters:
    ///   - task: The task that had a line `start` already; nil: it was refused before.
    ///   - place: The policy's file and line, where one decided.
    public static func refusal(
        _ arguments: [String], policy: String?, cause: String, reason: String, rule: String?,
        place: (file: String, line: Int)?, task: TaskID?, _ redaction: Redaction
    ) -> AuditEntry {
        AuditEntry(
            .refusal,
            JSONObject(present: [
                "task": task.map { .string($0.text) }, "argv": bounded(redaction.arguments(arguments)),
                "policy": policy.map(JSON.string) ?? .null, "cause": .string(cause),
                "reason": .string(bounded(redaction.sentence(reason, about: arguments))),
                "rule": rule.map(JSON.string), "file": place.map { .string($0.file) },
                "line": place.map { JSON($0.line) },
            ]))
    }

    /// A task that has ended.
    static func end(_ id: TaskID, _ end: EndRecord, _ matches: NewMatches?) -> AuditEntry {
        AuditEntry(
            .end,
            JSONObject(present: [
                "task": .string(id.text), "status": .string(end.status.word), "cause": .string(end.cause),
                "by": end.by.map(JSON.string), "exit_code": end.exitCode.map { JSON($0) },
                "signal": end.signal.map { .string("SIG" + Signals.name($0)) }, "limit": end.limit.map(JSON.string),
                "step": end.stage.map { .string($0.name) },
                "errno": end.errno.map { .string(Errno(rawValue: $0).name) },
                "ended_at": .string(TimeText.timestamp(end.endedAt)), "runtime_ms": JSON(end.runtime / 1_000_000),
                "cpu_ms": end.cpuTime.map { JSON($0 / 1_000_000) } ?? .null,
                "peak_memory_bytes": end.peakMemory.map { JSON($0) } ?? .null,
                "killed": end.proof?.killed.map { JSON($0) } ?? .null,
                "new_matches": matches.map { bounded($0.paths) },
                "new_matches_cut": matches.flatMap { $0.cut.map(JSON.string) },
            ]))
    }

    /// What somebody did to tasks.
    ///
    /// - Parameters:
    ///   - action: `stop`, `force_terminate`, `prune` or `retention`.
    ///   - detail: What else was asked for.
    public static func act(_ action: String, by: String, _ tasks: [TaskID], _ detail: JSONObject = [:]) -> AuditEntry {
        var facts: JSONObject = ["action": .string(action), "by": .string(by), "tasks": JSON(tasks.map(\.text))]
        for member in detail.members { facts.append(member.value, for: member.key) }
        return AuditEntry(.act, facts)
    }

    /// A policy that was loaded, and a line for each of its relaxations.
    public static func loaded(_ policy: EffectivePolicy, digest: String) -> [AuditEntry] {
        let first = AuditEntry(
            .policy,
            [
                "policy": .string(policy.name), "policy_digest": .string(digest), "sources": JSON(policy.sources),
                "relaxations": JSON(policy.relaxations.map(\.key)),
            ])
        return [first]
            + policy.relaxations.map { relaxation in
                AuditEntry(
                    .relaxation,
                    [
                        "policy": .string(policy.name), "policy_digest": .string(digest),
                        "key": .string(relaxation.key), "reason": .string(relaxation.reason),
                        "expires": relaxation.expires.map { .string($0.description) } ?? .null,
                        "place": .string(relaxation.origin.description),
                    ])
            }
    }

    /// A line has an end: of a long argument the beginning is kept, of a long command the first ones. The plan's hash stands for
    /// the rest.
    private static func bounded(_ arguments: [String]) -> JSON {
        var (room, shown) = (8192, [String]())
        for (place, argument) in arguments.enumerated() {
            guard room > 0, place < 64 else {
                shown.append("[\(arguments.count - place) more]")
                break
            }
            let text = bounded(argument, limit: min(room, 1024))
            room -= text.utf8.count
            shown.append(text)
        }
        return JSON(shown)
    }

    private static func bounded(_ text: String, limit: Int = 4096) -> String {
        guard text.utf8.count > limit else { return text }
        let kept = String(decoding: text.utf8.prefix(limit), as: UTF8.self)
        return "\(kept)[\(text.utf8.count - limit) more bytes]"
    }
}
