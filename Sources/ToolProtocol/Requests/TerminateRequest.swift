/// A task to end.
public struct TerminateRequest: Sendable, Equatable {
    /// What is sent first; what is left after the grace is killed.
    public enum Signal: String, CaseIterable, Sendable {
        /// SIGTERM, the default.
        case terminate = "TERM"
        /// SIGINT.
        case interrupt = "INT"
        /// SIGHUP.
        case hangup = "HUP"
        /// SIGQUIT.
        case quit = "QUIT"
        /// SIGKILL: no grace.
        case kill = "KILL"
        /// SIGUSR1.
        case user1 = "USR1"
        /// SIGUSR2.
        case user2 = "USR2"
    }

    /// Which task.
    public let task: TaskReference
    /// What is sent first.
    public let signal: Signal
    /// How long the task has after it; without, what its policy says.
    public let grace: Duration?

    /// The call answers after the end, so the grace is shorter than the longest wait.
    static let grace: ClosedRange<Int64> = 0...40_000

    init(_ arguments: ToolArguments) throws(ArgumentError) {
        task = try TaskReference(arguments)
        signal = try arguments.choice("signal") ?? .terminate
        grace = try arguments.milliseconds("grace_ms", in: Self.grace)
    }
}
