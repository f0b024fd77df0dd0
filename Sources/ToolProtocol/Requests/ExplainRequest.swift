/// A command of which the caller wants to know what the policy says.
public struct ExplainRequest: Sendable, Equatable {
    /// The command; nothing is run.
    public let command: Command

    init(_ arguments: ToolArguments) throws(ArgumentError) {
        command = try Command(arguments)
    }
}
