public import Policy
public import Records

/// What a caller asks to be started. Everything in it is the caller's wish; what comes of it is the policy's decision.
public struct LaunchRequest: Sendable {
    /// The command.
    public var command: RequestedCommand
    /// The workspace, checked; nil: none.
    public var workspace: Workspace?
    /// Where it starts: absolute, or relative to the workspace; nil: the workspace, or HOME without one.
    public var workingDirectory: String?
    /// Variables that the caller sets.
    public var environment: [EnvironmentVariable] = []
    /// The front end's own environment, of which the policy may keep names.
    public var hostEnvironment: [String: String] = [:]
    /// A shorter time limit than the policy's, in nanoseconds.
    public var wall: UInt64?
    /// What the caller wants done with shell syntax; it can only be stricter than the policy.
    public var shell: ShellUse?
    /// Both output streams through one pipe.
    public var mergesError = false
    /// A terminal of the sandbox's own instead of pipes, in this size in the beginning; its input stays open.
    public var terminal: WindowSize?
    /// Who asks, such as `cli:1000`.
    public var owner: String
    /// What is told of the task's input to a person who is asked for approval; nil: nothing of it comes from the caller.
    public var shownInput: String?
    /// A person's approval of a command that the policy asks about.
    public var approval: Approval?
    /// Descriptors of the task's streams, borrowed.
    public var streams = LaunchStreams()

    /// A request for one command.
    public init(_ command: RequestedCommand, owner: String) {
        (self.command, self.owner) = (command, owner)
    }
}

/// Descriptors that are handed to a task's monitor; the caller keeps and closes its own.
public struct LaunchStreams: Sendable {
    /// What the task reads; nil: its input has ended at once.
    public var input: Int32?
    /// Whether `input` was made for the task, and is nobody else's: then it is given to the task's user, who can open /dev/stdin.
    public var isInputOwn = false
    /// The write end of `input`, which the monitor keeps: then more can be written at any time.
    public var inputSource: Int32?
    /// Where a foreground front end reads standard output.
    public var outputSink: Int32?
    /// Where a foreground front end reads standard error.
    public var errorSink: Int32?

    /// No streams.
    public init() {}
}
