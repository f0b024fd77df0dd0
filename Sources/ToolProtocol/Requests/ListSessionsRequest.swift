/// A page of the list of tasks.
public struct ListSessionsRequest: Sendable, Equatable {
    /// How a task stands: the words of the task view.
    public enum Status: String, CaseIterable, Sendable {
        case running
        case exited
        case signaled
        case timedOut = "timed_out"
        case outOfMemory = "out_of_memory"
        case terminated
        case refused
        case failedToStart = "failed_to_start"
        case lost
    }

    /// Only tasks that stand so.
    public let status: Status?
    /// Tasks at most, 1 to 1000.
    public let limit: Int
    /// Where an earlier page ended, as it said; the empty string may be one.
    public let cursor: String?

    static let limits: ClosedRange<Int64> = 1...1000
    static let defaultLimit = 100

    init(_ arguments: ToolArguments) throws(ArgumentError) {
        status = try arguments.choice("status")
        limit = try arguments.integer("limit", in: Self.limits).map(Int.init) ?? Self.defaultLimit
        cursor = try arguments.text("cursor")
    }
}
