/// What is to be run, as a caller may say it.
public enum Command: Sendable, Equatable {
    /// A command line: not empty, without NUL. Whether it can be split without a shell is the policy's decision.
    case line(String)
    /// A program and its arguments, one element or more, without NUL.
    case vector([String])

    /// Reads `command` or `argv`.
    init(_ arguments: ToolArguments) throws(ArgumentError) {
        try arguments.requireOne(of: "command", "argv")
        if let line = try arguments.string("command") {
            self = .line(line)
        } else if let vector = try arguments.argumentVector("argv") {
            self = .vector(vector)
        } else {
            throw .noneOf(["command", "argv"])
        }
    }
}
