import Glibc
import Kernel
import Records
import Spooling
import Tasks

/// `caisson attach`: somebody sits down at a running task, and may go away again without it.
struct AttachCommand {
    private let options: Options

    init(_ arguments: [String]) throws {
        options = try Options(arguments, valued: ["tail", "state"], flags: ["json"])
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            Message.help(Help.attach, to: 1)
            return 0
        }
        guard options.rest.count == 1, let name = options.rest.first else {
            throw UsageError("`attach` needs one task", "`caisson ps` lists those that run")
        }
        let frontEnd = try FrontEnd(options)
        let task = try frontEnd.state.task(name)
        guard try task.end() == nil, let news = try TaskControl(task) else {
            throw UsageError(
                "task \(task.id.text.prefix(8)) has ended",
                "`caisson logs \(task.id.text.prefix(8))` prints what it printed")
        }
        let (outcome, dropped) = try attach(task, ControlReference(news, task))
        if dropped > 0 {
            Message.print(
                "\(dropped) bytes came faster than they were read, and were not kept (limits.output)", remedy: "")
        }
        return try conclude(outcome, task, frontEnd)
    }

    private func attach(
        _ task: TaskDirectory, _ news: ControlReference
    ) throws -> (outcome: AttachLoop.Outcome, dropped: UInt64) {
        let heeded = try Inherited.heeded([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP])
        let signals = try Signals.descriptor(heeded + [SIGWINCH, SIGCONT])
        Processes.ignore(SIGPIPE)
        let (record, hasTerminal) = (try task.record(), try task.plan().streams.terminal != nil)
        let reader = task.output(record)
        let outputs = try [(SpoolStream.stdout, Int32(1)), (.stderr, 2)].map { (stream, target) in
            try OutputFollower(reader, stream, from: try start(stream, reader), to: target)
        }
        greet(task.id, hasTerminal: hasTerminal, takesInput: record.inputStaysOpen)
        let terminal = hasTerminal ? try CallerTerminal() : nil
        defer { terminal?.restore() }
        // An older monitor hangs up at what it does not know.
        let size = terminal == nil ? nil : CallerTerminal.size
        _ = try TaskControl(task)?.ask(.attach(size.map(Self.other)), timeout: Self.patience)
        var loop = AttachLoop(
            task, reader, news: news, signals: signals.number,
            input: try inlet(task, takesInput: record.inputStaysOpen, hasTerminal: hasTerminal), outputs: outputs,
            terminal: terminal)
        let outcome = try loop.run()
        if let refusal = (loop.input as? InputRelay)?.refusal {
            terminal?.restore()
            Message.print("not all input was taken: \(refusal)", remedy: "")
        }
        return (outcome, outputs.reduce(0) { $0 + $1.dropped })
    }

    private static let patience: UInt64 = 1_000_000_000

    /// What is on a screen is drawn anew when its size changes, and not before a program has seen that it did.
    private static func other(_ size: WindowSize) -> WindowSize {
        WindowSize(rows: size.rows, columns: size.columns > 1 ? size.columns - 1 : 2)
    }

    /// From now on, or from so many lines before.
    private func start(_ stream: SpoolStream, _ reader: SpoolReader) throws -> UInt64 {
        if let tail = try options.count("tail"), tail > 0 {
            return try TailStart.offset(of: Int(clamping: tail), .stream(stream), reader)
        }
        let totals = try reader.totals()
        return stream == .stdout ? totals.stdout : totals.stderr
    }

    private func inlet(_ task: TaskDirectory, takesInput: Bool, hasTerminal: Bool) throws -> any TaskInlet {
        let none = try FileStatus.of("/dev/null").isSameFile(as: try FileStatus.of(0))
        guard takesInput, !none, let control = try TaskControl(task) else { return NoInput() }
        return InputRelay(control, hasKey: hasTerminal && Host.isTerminal(0), endsInput: !hasTerminal)
    }

    private func greet(_ id: TaskID, hasTerminal: Bool, takesInput: Bool) {
        let ways =
            hasTerminal && Host.isTerminal(0)
            ? "\(DetachKey.words) detaches"
            : takesInput ? "SIGINT (Ctrl-C) detaches" : "it takes no input; SIGINT (Ctrl-C) detaches"
        Message.print("attached to task \(id.text.prefix(8)); \(ways), and the task runs on", remedy: "")
    }

    private func conclude(_ outcome: AttachLoop.Outcome, _ task: TaskDirectory, _ frontEnd: FrontEnd) throws -> Int32 {
        // From here on signals end this program.
        try Processes.block([])
        switch outcome {
        case .ended(let end): return try Conclusion(frontEnd.state, task.id, wantsJSON: options.has("json")).tell(end)
        case .detached(let signal):
            Message.print("detached from task \(task.id.text.prefix(8)), which runs on", remedy: "")
            return signal.map { 128 + $0 } ?? 0
        }
    }
}
