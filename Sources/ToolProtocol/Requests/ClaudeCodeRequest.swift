/// A task for Claude Code.
public struct ClaudeCodeRequest: Sendable, Equatable {
    /// What it is to do: one element of argv, not empty, never shell text.
    public let prompt: String
    /// Where, as the caller wrote it.
    public let workFolder: String?
    /// Which model it is to use, if the caller has a wish.
    public let model: String?
    /// How long the call waits.
    public let waiting: Waiting
    /// When the task is to be ended, if sooner than the policy does.
    public let wall: Duration?

    init(_ arguments: ToolArguments, withProgress: Bool) throws(ArgumentError) {
        prompt = try arguments.requiredString("prompt")
        workFolder = try arguments.string("workFolder")
        model = try arguments.string("model")
        waiting = try Waiting(arguments, withProgress: withProgress)
        wall = try arguments.milliseconds("wall_ms", in: Waiting.wall)
    }
}
