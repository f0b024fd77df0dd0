import Glibc
import JSON
import Kernel
import Launching
import Policy
import Records
import Tasks

/// `caisson run`: starts a task and is its attached reader until it ends, or leaves at once with `--detach`.
struct RunCommand {
    private let options: Options
    private let trail = AuditTrail()

    init(_ arguments: [String]) throws {
        options = try Options(
            arguments, valued: ["policy", "workspace", "cwd", "env", "timeout", "state", "stdin"],
            flags: ["detach", "json", "tty"],
            stopsAtFirst: true)
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            Message.help(Help.run, to: 1)
            return 0
        }
        guard !options.rest.isEmpty else {
            throw UsageError("`run` needs a program", "for example: caisson run -- make test")
        }
        try checkInput()
        do {
            return try start()
        } catch let error as PolicyFailure {
            trail.refused(options.rest, LaunchError(.failed, "policy", error.message))
            throw error
        } catch let error as LaunchError {
            trail.refused(options.rest, error)
            guard options.has("json") else { throw error }
            // The last line on standard error is the task view, of a task that was not started too.
            Message.print(error)
            Message.write(JSON.object(error.json(arguments: options.rest)).text + "\n", to: 2)
            return error.exitCode
        }
    }

    private func start() throws -> Int32 {
        // First: it starts on another processor while this one reads and decides.
        let airlock = try Airlock()
        let frontEnd = try FrontEnd(options)
        let name = options.value("policy") ?? "default"
        trail.begin(frontEnd, policy: name)
        do {
            return try start(try frontEnd.policy(name), frontEnd, airlock)
        } catch let error as LaunchError where error.isStale {
            return try start(try frontEnd.policy(name, anew: true), frontEnd, try Airlock())
        }
    }

    private func start(_ policy: CachedPolicy, _ frontEnd: FrontEnd, _ airlock: Airlock) throws -> Int32 {
        try policy.judge { () throws(LaunchError) in
            try airlock.prepare(policy.compiled.policy, mergesError: options.has("tty"))
        }
        var request = LaunchRequest(.arguments(options.rest), owner: "cli:\(Host.user)")
        request.hostEnvironment = frontEnd.environment
        request.environment = try variables()
        trail.use(policy.compiled.policy, request.environment)
        request.wall = try options.duration("timeout")
        request.workspace = try workspace(policy, frontEnd)
        request.workingDirectory = try workingDirectory(request.workspace)
        let question = try policy.judge { () throws(LaunchError) in try Launch.question(request, policy.compiled) }
        if let question, mayAsk, let answer = try ApprovalPrompt.ask(question) {
            // Without a plan it would give up while somebody thinks.
            airlock.abandon()
            return try start(request, try approved(question, answer, frontEnd), frontEnd)
        }
        return try start(request, policy, frontEnd, airlock)
    }

    /// Only whoever sits there while it starts and runs can be asked.
    private var mayAsk: Bool { !options.has("detach") && !options.has("json") }

    private func start(
        _ request: LaunchRequest, _ approved: (Approval, CachedPolicy), _ frontEnd: FrontEnd
    ) throws -> Int32 {
        var request = request
        request.approval = approved.0
        let airlock = try Airlock()
        try airlock.prepare(approved.1.compiled.policy, mergesError: options.has("tty"))
        return try start(request, approved.1, frontEnd, airlock)
    }

    /// What the person at the terminal said yes to, and the policy with that program on the kernel's list.
    private func approved(
        _ question: ApprovalQuestion, _ answer: ApprovalAnswer, _ frontEnd: FrontEnd
    ) throws -> (Approval, CachedPolicy) {
        let approval = try trail.answered(question, answer)
        guard answer == .approved else { throw answer.refusal(question) }
        let name = options.value("policy") ?? "default"
        let base = try frontEnd.policy(name)
        guard base.compiled.digest == question.policyDigest, !base.compiled.table.lets(question.asked) else {
            return (approval, base)
        }
        return (approval, try frontEnd.policy(name, approving: question.asked.path))
    }

    private func start(
        _ request: LaunchRequest, _ policy: CachedPolicy, _ frontEnd: FrontEnd, _ airlock: Airlock
    ) throws -> Int32 {
        if options.has("detach") { return try detached(request, policy, frontEnd, airlock) }
        let foreground = Foreground(frontEnd.state, trail, wantsJSON: options.has("json"))
        guard options.has("tty") else { return try foreground.run(request, policy, airlock) }
        return try foreground.runOnTerminal(request, policy, airlock)
    }

    /// In the foreground, the caller's standard input is the task's.
    private func checkInput() throws(UsageError) {
        guard let word = options.value("stdin") else { return }
        guard word == "open" else {
            throw UsageError("--stdin \(VisibleText.quoted(word)) is not known", "write --stdin open, or leave it out")
        }
        guard options.has("detach") else {
            throw UsageError("--stdin open goes with --detach", "without --detach, standard input is the task's anyway")
        }
    }

    private func variables() throws(UsageError) -> [EnvironmentVariable] {
        var found: [EnvironmentVariable] = []
        for text in options.all("env") {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw UsageError("--env \(VisibleText.quoted(text)) is not NAME=VALUE", "")
            }
            found.append(
                EnvironmentVariable(name: String(text[..<sign]), value: String(text[text.index(after: sign)...])))
        }
        return found
    }

    /// The named workspace, else the current directory if it may be one, else none.
    private func workspace(_ policy: CachedPolicy, _ frontEnd: FrontEnd) throws -> Workspace? {
        let off = try frontEnd.forbiddenPlaces()
        let place = options.value("workspace")
        do throws(LaunchError) {
            return try policy.judge { () throws(LaunchError) in
                try Workspace(place ?? ".", policy: policy.compiled.policy, off: off)
            }
        } catch {
            guard place == nil, !error.isStale else { throw error }
            Message.print("no workspace: \(error.message)", remedy: error.remedy)
            return nil
        }
    }

    /// `--cwd`, else the current directory where it lies in the workspace.
    private func workingDirectory(_ workspace: Workspace?) throws -> String? {
        if let path = options.value("cwd") { return path }
        guard let workspace else { return nil }
        let current = try Host.currentDirectory()
        return Paths.isWithin(current, workspace.path) ? current : nil
    }

    private func detached(
        _ request: LaunchRequest, _ policy: CachedPolicy, _ frontEnd: FrontEnd, _ airlock: Airlock
    ) throws -> Int32 {
        var request = request
        if options.has("tty") { request.terminal = CallerTerminal.size ?? .standard }
        let isOpen = options.value("stdin") != nil && !options.has("tty")
        let task =
            isOpen
            ? try Launch.withOpenInput(request, policy, frontEnd.state, in: airlock, admit: trail.admit)
            : try Launch.start(request, policy, frontEnd.state, in: airlock, admit: trail.admit)
        let message = try Transfer.receiveBytes(task.report.number, limit: ControlRequest.limit)
        guard !message.isEmpty else {
            throw LaunchError(.failed, "launch", "the monitor of task \(task.id) died")
        }
        if case .ended(let end) = try ControlReply(bytes: message), end.status == .failedToStart {
            trail.ended(try TaskDirectory(frontEnd.state, task.id), end)
            return try Conclusion(frontEnd.state, task.id, wantsJSON: options.has("json")).tell(end)
        }
        Message.help(task.id.text, to: 1)
        return 0
    }
}
