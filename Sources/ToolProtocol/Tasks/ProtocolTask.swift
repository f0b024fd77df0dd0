public import JSON

/// A task as the protocol shows it: one of the server's own tasks, by the same id.
public struct ProtocolTask: Sendable, Equatable {
    /// How it stands.
    public enum State: Sendable, Equatable {
        /// It runs.
        case working
        /// It ended by itself; the tool answers with this, which is a failure or not.
        case ended(failed: Bool)
        /// It was ended by somebody.
        case cancelled
    }

    /// Its id.
    public let id: String
    /// How it stands.
    public let state: State
    /// A sentence about that.
    public let message: String
    /// When it was started, RFC 3339.
    public let createdAt: String
    /// When it changed last, RFC 3339.
    public let updatedAt: String
    /// How long it is kept, counted from its start, in milliseconds; nil: for as long as it runs, and that has no limit.
    public let timeToLive: UInt64?

    /// How often a client should ask, in milliseconds.
    static let pollInterval: Int64 = 1000

    /// A task with all of its parts.
    public init(
        id: String, state: State, message: String, createdAt: String, updatedAt: String, timeToLive: UInt64?
    ) {
        (self.id, self.state, self.message) = (id, state, message)
        (self.createdAt, self.updatedAt, self.timeToLive) = (createdAt, updatedAt, timeToLive)
    }

    /// Whether it runs.
    public var isWorking: Bool { state == .working }

    /// The word of a version: a tool that failed is a task that failed in 2025-11-25, and a complete one in 2026-07-28, where
    /// only an error of the protocol is a failure.
    func status(for version: ProtocolVersion) -> String {
        switch state {
        case .working: "working"
        case .ended(let failed): failed && !version.isModern ? "failed" : "completed"
        case .cancelled: "cancelled"
        }
    }

    /// The members that every answer about it has.
    public func members(for version: ProtocolVersion) -> JSONObject {
        let (life, interval) = version.isModern ? ("ttlMs", "pollIntervalMs") : ("ttl", "pollInterval")
        var members: JSONObject = [
            "taskId": .string(id), "status": .string(status(for: version)), "statusMessage": .string(message),
            "createdAt": .string(createdAt), "lastUpdatedAt": .string(updatedAt),
        ]
        members[life] = timeToLive.map { JSON($0) } ?? .null
        members[interval] = .integer(Self.pollInterval)
        return members
    }

    /// The answer to `tasks/get`: in 2026-07-28 with the result of a task that has ended by itself.
    public func members(for version: ProtocolVersion, result: ToolResult?) -> JSONObject {
        var members = members(for: version)
        guard version.isModern, case .ended = state, let result else { return members }
        members["result"] = .object(JSONObject(completing: result.members(for: version)))
        return members
    }
}

extension JSONObject {
    /// A result inside of another one is as it would have been alone.
    init(completing members: JSONObject) {
        self = ["resultType": "complete"]
        for member in members.members { append(member.value, for: member.key) }
    }
}
