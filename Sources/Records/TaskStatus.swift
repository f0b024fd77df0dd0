/// How a task stands, as users read it.
public enum TaskStatus: UInt8, Sendable, CaseIterable {
    case running = 1
    case exited
    case signaled
    case timedOut
    case outOfMemory
    case terminated
    case refused
    case failedToStart
    case lost

    /// The word of the task view, such as `timed_out`.
    public var word: String {
        switch self {
        case .running: "running"
        case .exited: "exited"
        case .signaled: "signaled"
        case .timedOut: "timed_out"
        case .outOfMemory: "out_of_memory"
        case .terminated: "terminated"
        case .refused: "refused"
        case .failedToStart: "failed_to_start"
        case .lost: "lost"
        }
    }

    /// The status of that word, or nil.
    public init?(word: some StringProtocol) {
        guard let status = TaskStatus.allCases.first(where: { $0.word == word }) else { return nil }
        self = status
    }
}
