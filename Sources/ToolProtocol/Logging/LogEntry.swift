public import JSON

/// Something that happened, for a client that wants to hear of it.
public struct LogEntry: Sendable, Equatable {
    /// How much it matters.
    public let level: LogLevel
    /// What happened, in a word.
    public let event: String
    /// The same in a sentence, in which control characters are visible.
    public let message: String
    /// More about it.
    public let facts: JSONObject

    /// An entry with all of its parts.
    ///
    /// - Parameter facts: Without `event` and `message`.
    public init(_ level: LogLevel, _ event: String, _ message: String, _ facts: JSONObject = [:]) {
        (self.level, self.event, self.message, self.facts) = (level, event, message, facts)
    }

    var notification: Notification {
        var data: JSONObject = ["event": .string(event), "message": .string(message)]
        for member in facts.members { data.append(member.value, for: member.key) }
        return Notification(
            method: "notifications/message",
            params: ["level": .string(level.rawValue), "logger": "caisson", "data": .object(data)])
    }
}

extension OpenRequest {
    /// Whether its client wants to hear of something of this level, as far as the request says or said.
    public func hears(of level: LogLevel) -> Bool { logLevel.map { $0 <= level } ?? false }
}

extension Conversation {
    /// What tells a client of what happened for its request, which must be open still; nil: it does not want to hear of it.
    public func notice(of entry: LogEntry, for request: OpenRequest) -> Notification? {
        guard request.version.isModern else { return notice(of: entry) }
        return isOpen(request) && request.hears(of: entry.level) ? entry.notification : nil
    }

    /// Remembers that the client of the handshake wants to hear of the end of a task.
    public mutating func logEnd(of task: String) { subscriptions.log(task) }

    /// Whether it wants to.
    public func logsEnd(of task: String) -> Bool { subscriptions.logged.contains(task) }

    /// What tells the client of a handshake of what happened; nil: it does not want to hear of it.
    public func notice(of entry: LogEntry) -> Notification? {
        logLevel.map { $0 <= entry.level } ?? false ? entry.notification : nil
    }
}
