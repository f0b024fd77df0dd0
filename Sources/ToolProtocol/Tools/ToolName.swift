/// A tool that exists.
public enum ToolName: String, CaseIterable, Sendable {
    /// Starts a command.
    case executeCommand = "execute_command"
    /// Reads what a task printed.
    case readOutput = "read_output"
    /// Writes to a task's standard input.
    case writeInput = "write_input"
    /// Ends a task.
    case forceTerminate = "force_terminate"
    /// Lists tasks.
    case listSessions = "list_sessions"
    /// Tells what the policy says of a command.
    case explainPolicy = "explain_policy"
    /// Starts Claude Code.
    case claudeCode = "claude_code"

    /// Whether it starts tasks, so that a call of it can be one of the protocol.
    public var startsTasks: Bool { self == .executeCommand || self == .claudeCode }
}
