/// A command to start.
public struct ExecuteCommandRequest: Sendable, Equatable {
    /// How a command line may be run; the words of the policy's `commands.shell`, of which the stricter one holds.
    public enum Shell: String, CaseIterable, Sendable {
        /// Not by a shell.
        case refuse
        /// By a shell that meets the kernel's list.
        case check
        /// By a shell that is trusted.
        case trust
    }

    /// What to run.
    public let command: Command
    /// Where, as the caller wrote it.
    public let workingDirectory: String?
    /// Variables that it sets.
    public let environment: [EnvironmentSetting]
    /// What the program reads from its standard input, and then its end; without any, the input ends at once.
    public let input: String?
    /// Whether more can be written to its standard input later.
    public let inputStaysOpen: Bool
    /// Whether it gets a terminal instead of pipes.
    public let hasTerminal: Bool
    /// How a command line may be run, if it asks for less than the policy.
    public let shell: Shell?
    /// Whether both streams share one pipe.
    public let mergesStandardError: Bool
    /// The policy's name, if it asks for one.
    public let policy: String?
    /// How long the call waits.
    public let waiting: Waiting
    /// When the task is to be ended, if sooner than the policy does.
    public let wall: Duration?

    /// The word for an input that stays open.
    static let open = "open"

    init(_ arguments: ToolArguments, withProgress: Bool) throws(ArgumentError) {
        command = try Command(arguments)
        workingDirectory = try arguments.string("cwd")
        environment = try arguments.variables("env") ?? []
        let stdin = try arguments.text("stdin")
        hasTerminal = try arguments.bool("tty") ?? false
        inputStaysOpen = stdin == Self.open || hasTerminal
        input = stdin == Self.open ? nil : stdin
        guard input == nil || !hasTerminal else { throw .conflicting(["stdin", "tty"]) }
        shell = try arguments.choice("shell")
        mergesStandardError = try arguments.bool("merge_stderr") ?? false
        policy = try arguments.string("policy")
        waiting = try Waiting(arguments, withProgress: withProgress)
        wall = try arguments.milliseconds("wall_ms", in: Waiting.wall)
    }
}
