internal import JSON

extension Conversation {
    /// Whether the client of a handshake is to be told of the end of a task that it started.
    public func awaitsEnd(of task: String) -> Bool {
        subscriptions.started.contains(task) || subscriptions.logged.contains(task)
    }

    /// Forgets a task that has ended: there is nothing more to tell those who started it.
    public mutating func forget(_ task: String) { subscriptions.forget(task) }

    /// Whether somebody hears how a task stands: the client that started it as a task of 2025-11-25, or one that listens.
    public func hearsOfStatus(of task: String) -> Bool {
        subscriptions.started.contains(task) || listener(to: task) != nil
    }

    /// An open request of 2026-07-28 that hears how a task stands; nil: there is none.
    public func listener(to task: String) -> OpenRequest? {
        subscriptions.listenings.first { $0.filter.tasks.contains(task) }?.request
    }

    /// What tells everybody who hears of it how a task stands.
    ///
    /// - Parameters:
    ///   - result: What the call answers that started the task, once it has ended.
    ///   - request: Only this one is told; nil: everybody.
    public func statusNotices(
        of task: ProtocolTask, result: ToolResult?, for request: OpenRequest? = nil
    ) -> [Notification] {
        let listening = subscriptions.listenings.filter { $0.filter.tasks.contains(task.id) }.map(\.request)
        let told = request.map { only in listening.filter { $0 == only } } ?? listening
        let notices = told.map { Self.notice("tasks", task.members(for: $0.version, result: result), for: $0) }
        guard request == nil, subscriptions.started.contains(task.id) else { return notices }
        return [Self.notice("tasks/status", task.members(for: .november2025))] + notices
    }
}
