public import Audit
internal import Glibc
internal import Kernel
public import Launching
public import Policy
public import PolicyCompiling
public import Records
public import Tasks

/// What a front end does for its callers: decides, starts, finds and ends tasks. It holds no state of its own but what it
/// was started with.
public final class Supervisor {
    /// The state directory.
    public let state: StateDirectory
    /// The policies that callers can name.
    public let policies: PolicyShelf
    /// All tasks.
    public let tasks: TaskCollection
    /// Who starts tasks through this front end, and whose place in their output is kept: `mcp:UID`.
    public let principal: String
    /// The audit log, for this front end.
    public let audit: AuditLog
    private let workspace: String?
    private let environment: [String: String]
    private let off: [String]

    /// A supervisor.
    ///
    /// - Parameters:
    ///   - workspace: The directory in which callers work; nil: none.
    ///   - environment: The front end's own, read once at its start.
    ///   - off: Directories in which no task may write.
    public init(
        _ state: StateDirectory, _ policies: PolicyShelf, principal: String, workspace: String?,
        environment: [String: String], off: [String]
    ) throws(TaskError) {
        (self.state, self.policies, self.principal) = (state, policies, principal)
        (self.workspace, self.environment, self.off) = (workspace, environment, off)
        audit = AuditLog(state, AuditWho(principal: principal, uid: Host.user))
        tasks = try TaskCollection(state, audit)
    }

    /// What a caller asks to be started.
    public struct Order: Sendable {
        /// The command.
        public var command: RequestedCommand
        /// One of the shelf's policies; nil: the standard one.
        public var policy: String?
        /// Where it starts.
        public var directory: String?
        /// Whether `directory` is the task's whole workspace and not only where it starts.
        public var isWorkspace = false
        /// Variables that it sets.
        public var variables: [EnvironmentVariable] = []
        /// The whole of its standard input; nil: none.
        public var input: [UInt8]?
        /// Whether more can be written to its standard input later.
        public var inputStaysOpen = false
        /// A terminal of the sandbox's own instead of pipes, in this size in the beginning.
        public var terminal: WindowSize?
        /// Both output streams through one pipe.
        public var mergesError = false
        /// A shorter time limit, in nanoseconds.
        public var wall: UInt64?
        /// A stricter treatment of shell syntax.
        public var shell: ShellUse?
        /// What the MCP client calls itself, for the audit log.
        public var client: String?
        /// Whether whoever gives the order can have a person asked: what needs approval is no refusal then, and not written down
        /// as one.
        public var canAsk = false
        /// A person's approval.
        var approval: Approval?

        /// An order for a command.
        public init(_ command: RequestedCommand) {
            self.command = command
        }
    }

    /// Starts a task.
    ///
    /// - Returns: As soon as its monitor runs.
    public func start(_ order: Order) throws(PolicyProblem) -> LaunchedTask {
        let trail = LaunchTrail(audit.client(order.client), order)
        do throws(PolicyProblem) {
            return try start(order, try policies.policy(order.policy, for: order.approval), trail)
        } catch {
            if order.canAsk, error.question != nil { throw error }
            throw trail.refused(error, order.policy ?? policies.standard)
        }
    }

    private func start(
        _ order: Order, _ compiled: CompiledPolicy, _ trail: LaunchTrail
    ) throws(PolicyProblem) -> LaunchedTask {
        trail.policy = compiled.policy
        do throws(LaunchError) {
            let airlock = try Airlock()
            try airlock.prepare(compiled.policy, mergesError: order.mergesError || order.terminal != nil)
            var request = LaunchRequest(order.command, owner: principal)
            (request.hostEnvironment, request.environment) = (environment, order.variables)
            (request.mergesError, request.wall, request.shell) = (order.mergesError, order.wall, order.shell)
            request.terminal = order.terminal
            (request.shownInput, request.approval) = (order.shownInput, order.approval)
            try place(&request, order, compiled.policy)
            if order.inputStaysOpen, order.terminal == nil {
                return try Launch.withOpenInput(request, compiled, state, in: airlock, admit: trail.admit)
            }
            guard let bytes = order.input else {
                return try Launch.start(request, compiled, state, in: airlock, admit: trail.admit)
            }
            let input = try Self.pipe(bytes)
            (request.streams.input, request.streams.isInputOwn) = (input.number, true)
            return try Launch.start(request, compiled, state, in: airlock, admit: trail.admit)
        } catch {
            throw .host(error)
        }
    }

    private static let inputLimit = 1 << 20

    private static func pipe(_ bytes: [UInt8]) throws(LaunchError) -> Descriptor {
        guard bytes.count <= inputLimit else {
            throw LaunchError(
                .refused, "stdin", "stdin has \(bytes.count) bytes, and at most \(inputLimit) can be handed over",
                remedy: "write it to a file in the workspace first")
        }
        do {
            return try DescriptorPair.filledPipe(bytes)
        } catch {
            throw LaunchError(.failed, "stdin", "stdin can't be handed over: \(error)")
        }
    }

    /// Workspace and directory: both beneath the server's workspace, or the workspace beneath one of `files.workspaces`.
    private func place(_ request: inout LaunchRequest, _ order: Order, _ policy: EffectivePolicy) throws(LaunchError) {
        let wanted = order.directory
        if let wanted, wanted.hasPrefix("/"), !isInWorkspace(wanted), !policy.files.workspaces.isEmpty {
            request.workspace = try Workspace(wanted, policy: policy, off: off)
            return
        }
        guard let workspace else {
            guard let wanted else { return }
            throw LaunchError(
                .refused, "workspace", "the server has no workspace in which \(VisibleText.quoted(wanted)) could be",
                remedy: "its operator can name one with --workspace DIR")
        }
        let whole = try Workspace(workspace, policy: policy, off: off)
        guard let wanted, order.isWorkspace else {
            (request.workspace, request.workingDirectory) = (whole, wanted)
            return
        }
        request.workspace = try Workspace(try whole.directory(wanted), policy: policy, off: off)
    }

    private func isInWorkspace(_ path: String) -> Bool {
        workspace.map { Paths.isWithin(path, $0) } ?? false
    }

    // MARK: explaining

    /// What the policy says of a command; nothing is started.
    ///
    /// - Parameter canAsk: Whether whoever wants to know can have a person asked; nil: it is not said how it will be started.
    public func explain(
        _ command: RequestedCommand, policy: String? = nil, canAsk: Bool? = nil
    ) throws(PolicyProblem) -> Explanation {
        let compiled = try policies.policy(policy)
        do throws(LaunchError) {
            return try Explanation(command, compiled, workspace: workspace, canAsk: canAsk)
        } catch {
            throw .host(error)
        }
    }

    // MARK: finding

    /// A task by id, by a unique beginning of it, or by the pid of its main process.
    public func task(id: String) throws(TaskError) -> TaskDirectory { try state.task(id) }

    /// A task by the pid of its main process.
    public func task(pid: Int32) throws(TaskError) -> TaskDirectory { try tasks.task(pid: pid) }
}
