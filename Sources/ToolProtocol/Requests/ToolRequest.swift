/// A call of a tool with arguments that were checked.
public enum ToolRequest: Sendable, Equatable {
    /// Start a command.
    case executeCommand(ExecuteCommandRequest)
    /// Start Claude Code.
    case claudeCode(ClaudeCodeRequest)
    /// Read what a task printed.
    case readOutput(ReadOutputRequest)
    /// Write to a task's standard input.
    case writeInput(WriteInputRequest)
    /// End a task.
    case terminate(TerminateRequest)
    /// List tasks.
    case listSessions(ListSessionsRequest)
    /// Ask what the policy says of a command.
    case explain(ExplainRequest)
}

extension ToolCall {
    /// Reads the arguments.
    ///
    /// - Throws: ``ArgumentError``, to be answered with ``ToolResult/init(refusing:)``.
    public func request() throws(ArgumentError) -> ToolRequest {
        let arguments = try ToolArguments(arguments, known: Tool(tool).argumentNames)
        let hasProgress = progressToken != nil
        switch tool {
        case .executeCommand: return .executeCommand(try ExecuteCommandRequest(arguments, withProgress: hasProgress))
        case .claudeCode: return .claudeCode(try ClaudeCodeRequest(arguments, withProgress: hasProgress))
        case .readOutput: return .readOutput(try ReadOutputRequest(arguments, withProgress: hasProgress))
        case .writeInput: return .writeInput(try WriteInputRequest(arguments))
        case .forceTerminate: return .terminate(try TerminateRequest(arguments))
        case .listSessions: return .listSessions(try ListSessionsRequest(arguments))
        case .explainPolicy: return .explain(try ExplainRequest(arguments))
        }
    }
}
