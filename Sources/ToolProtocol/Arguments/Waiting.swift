/// How long a call waits for its task; it never ends the task.
public struct Waiting: Sendable, Equatable {
    /// Whether it waits for the end; otherwise it answers as soon as the task runs.
    public let untilEnd: Bool
    /// How long at most; not used where it doesn't wait for the end.
    public let timeout: Duration

    /// Milliseconds that a call waits at most: clients give up after a minute, unless they asked for progress.
    static func longest(withProgress: Bool) -> Int64 { withProgress ? 600_000 : 55_000 }
    /// Milliseconds that a task may be allowed to run: a year, so that no sum overflows.
    static let wall: ClosedRange<Int64> = 1...31_536_000_000

    /// Reads `wait` and `timeout_ms`.
    init(_ arguments: ToolArguments, withProgress: Bool) throws(ArgumentError) {
        untilEnd = try arguments.bool("wait") ?? true
        timeout =
            try arguments.milliseconds("timeout_ms", in: 0...Self.longest(withProgress: withProgress)) ?? .seconds(30)
    }
}
