public import JSON
public import Policy
internal import Records
internal import Tasks

extension LaunchError {
    /// The members of the contract's task view that a task has which was not started, with the decision where there is one.
    ///
    /// - Parameter arguments: The command as it was asked for.
    public func json(arguments: [String]) -> JSONObject {
        let status: TaskStatus = kind == .failed ? .failedToStart : .refused
        return JSONObject(present: [
            "argv": JSON(arguments), "status": .string(status.word), "reason": .string(description),
            "end": ["cause": .string(cause), "proof": .null],
            "decision": decision.map { .string($0.verdict.rawValue) },
            "reasons": decision.map { .array($0.reasons.map(\.json)) },
            "nearest_allowed": decision.map { JSON($0.nearestAllowed) },
        ])
    }
}

extension Reason {
    /// One step of a decision: sentence, rule, file and line; null where no file says anything.
    public var json: JSON {
        [
            "text": .string(text), "rule": .string(rule), "file": file.map(JSON.string) ?? .null,
            "line": line > 0 ? JSON(line) : .null,
        ]
    }
}
