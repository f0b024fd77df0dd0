/// A request for what the server has, other than the use of a tool; its parameters are of the right kind.
public struct Query: Sendable, Equatable {
    /// What is asked for.
    public enum Subject: Sendable, Equatable {
        /// How a task stands.
        case task(String)
        /// The result of a task, once it has ended (2025-11-25).
        case taskResult(String)
        /// A page of the list of tasks (2025-11-25).
        case tasks(cursor: String?)
        /// A task is to be ended.
        case cancelTask(String)
        /// Input for a task (2026-07-28), none of which ever asks for any.
        case updateTask(String)
        /// What a client may mean that types.
        case completion(Completion)
        /// A page of the list of resources.
        case resources(cursor: String?)
        /// A resource, or what of its output begins at a byte.
        case resource(TaskResource, offset: UInt64)
    }

    /// The request.
    public let request: OpenRequest
    /// What is asked for.
    public let subject: Subject
}
