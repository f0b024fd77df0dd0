import Glibc
import Kernel
import Launching
import Records
import Tasks

/// A task in the foreground: its output flows to ours at the pace of whoever reads it, our signals go to it, and we end
/// when it ends. If this program is killed, the task goes on without it.
struct Foreground {
    private let state: StateDirectory
    private let trail: AuditTrail
    private let wantsJSON: Bool

    init(_ state: StateDirectory, _ trail: AuditTrail, wantsJSON: Bool) {
        (self.state, self.trail, self.wantsJSON) = (state, trail, wantsJSON)
    }

    /// Runs a task on pipes.
    func run(_ request: LaunchRequest, _ policy: CachedPolicy, _ airlock: Airlock) throws -> Int32 {
        // Before the start: a signal that comes in between is not lost.
        let signals = try Signals.descriptor(
            try Inherited.heeded([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]))
        Processes.ignore(SIGPIPE)
        let input = try StandardInput()
        let (output, error) = (try Sink(1), try Sink(2))
        var request = request
        (request.streams.input, request.streams.isInputOwn) = (input.taskEnd, input.pipe != nil)
        request.streams.outputSink = output.monitorEnd
        request.streams.errorSink = error.monitorEnd
        let task = try Launch.start(request, policy, state, in: airlock, admit: trail.admit)
        input.handedOver()
        output.handedOver()
        error.handedOver()
        var loop = ForegroundLoop(task: task, signals: signals.number, input: input, sinks: [output, error])
        let end = try loop.run()
        return try conclude(task, try end ?? lost(task), error, loop, policy)
    }

    private func conclude(
        _ task: LaunchedTask, _ end: EndRecord, _ error: Sink?, _ loop: ForegroundLoop, _ policy: CachedPolicy
    ) throws -> Int32 {
        // From here on they end this program, which has nothing more to do than to say what came of it.
        try Processes.block([])
        trail.ended(try TaskDirectory(state, task.id), end)
        if loop.gaveUp {
            // Whoever does not read standard error either is not told anything on it: that would wait for ever.
            guard error?.isAbandoned != true, try Poll.now(2, Int32(POLLOUT)) != 0 else { return EndText.exitCode(end) }
            sayWhatIsMissing(task.id)
        }
        return try Conclusion(state, task.id, wantsJSON: wantsJSON, compiled: policy.compiled).tell(end)
    }

    /// Runs a task on a terminal of its own, to which the caller's is passed through.
    func runOnTerminal(_ request: LaunchRequest, _ policy: CachedPolicy, _ airlock: Airlock) throws -> Int32 {
        let heeded = try Inherited.heeded([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP])
        let signals = try Signals.descriptor(heeded + [SIGWINCH, SIGCONT])
        Processes.ignore(SIGPIPE)
        let output = try Sink(1)
        var request = request
        request.terminal = CallerTerminal.size ?? .standard
        request.streams.outputSink = output.monitorEnd
        let task = try Launch.start(request, policy, state, in: airlock, admit: trail.admit)
        output.handedOver()
        let terminal = try CallerTerminal()
        defer { terminal?.restore() }
        var loop = ForegroundLoop(
            task: task, signals: signals.number, input: try inlet(task, isTerminal: terminal != nil), sinks: [output],
            terminal: terminal)
        let end = try loop.run()
        terminal?.restore()
        guard !loop.isDetached else { return detached(task.id) }
        return try conclude(task, try end ?? lost(task), nil, loop, policy)
    }

    /// What a task that ended at once takes no more is nobody's loss.
    private func inlet(_ task: LaunchedTask, isTerminal: Bool) throws -> any TaskInlet {
        guard let control = try TaskControl(try TaskDirectory(state, task.id)) else { return NoInput() }
        return InputRelay(control, hasKey: isTerminal, endsInput: !isTerminal)
    }

    private func detached(_ id: TaskID) -> Int32 {
        let short = id.text.prefix(8)
        Message.print(
            "detached from task \(short), which runs on", remedy: "`caisson attach \(short)` comes back to it")
        return 0
    }

    private func sayWhatIsMissing(_ id: TaskID) {
        Message.print(
            "standard output was not read to its end, and a signal asked for the end",
            remedy: "`caisson logs \(id.text.prefix(8))` prints what is recorded")
    }

    /// The monitor went away without a word: what its directory says is what there is.
    private func lost(_ task: LaunchedTask) throws -> EndRecord {
        _ = try Processes.reap(task.monitor)
        guard let end = try TaskDirectory(state, task.id).end() else {
            throw LaunchError(.failed, "launch", "the monitor of task \(task.id) closed its report and runs on")
        }
        return end
    }
}
