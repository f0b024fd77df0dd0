import Glibc
import Kernel
import Launching
import Records
import Tasks

/// A task in the foreground: its output flows to ours at the pace of whoever reads it, our signals go to it, and we end
/// when it ends. If this program is killed, the task goes on without it.
struct Foreground {
    private let state: StateDirectory
    private let wantsJSON: Bool

    init(_ state: StateDirectory, wantsJSON: Bool) {
        (self.state, self.wantsJSON) = (state, wantsJSON)
    }

    func run(_ request: LaunchRequest, _ compiled: CompiledPolicy) throws -> Int32 {
        // Before the start: a signal that comes in between is not lost.
        let signals = try Signals.descriptor(
            try Inherited.heeded([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]))
        Processes.ignore(SIGPIPE)
        let input = try StandardInput()
        let (output, error) = (try Sink(1), try Sink(2))
        var request = request
        request.streams.input = input.taskEnd
        request.streams.outputSink = output.monitorEnd
        request.streams.errorSink = error.monitorEnd
        let task = try Launch.start(request, compiled, state)
        input.handedOver()
        output.handedOver()
        error.handedOver()
        var loop = ForegroundLoop(task: task, signals: signals.number, input: input, sinks: [output, error])
        let end = try loop.run() ?? lost(task)
        return try Conclusion(state, task.id, wantsJSON: wantsJSON, compiled: compiled).tell(end)
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

/// One output stream: a pipe that the monitor fills and that is emptied into ours.
final class Sink {
    /// For the monitor, to be closed here once it has it.
    private(set) var monitorEnd: Int32?
    /// What is read here; nil after its end.
    private(set) var source: Int32?
    private let target: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)

    init(_ target: Int32) throws(Errno) {
        self.target = target
        let ends = try DescriptorPair.pipe()
        ends.apart { first, second in (source, monitorEnd) = (first.release(), second.release()) }
    }

    func handedOver() {
        if let monitorEnd { close(monitorEnd) }
        monitorEnd = nil
    }

    /// Moves what is there; false if whoever reads our output is gone.
    func move() throws(Errno) -> Bool {
        guard let source else { return true }
        let count = try Transfer.read(source, into: buffer)
        guard count > 0 else {
            finish()
            return true
        }
        do {
            try Transfer.write(target, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return true
        } catch {
            guard error.rawValue == EPIPE || error.rawValue == EBADF else { throw error }
            finish()
            return false
        }
    }

    func finish() {
        if let source { close(source) }
        source = nil
    }
}

/// The event loop of a task in the foreground.
struct ForegroundLoop {
    let task: LaunchedTask
    let signals: Int32
    let input: StandardInput
    let sinks: [Sink]
    private var end: EndRecord?
    private var isOver = false

    init(task: LaunchedTask, signals: Int32, input: StandardInput, sinks: [Sink]) {
        (self.task, self.signals, self.input, self.sinks) = (task, signals, input, sinks)
    }

    /// Runs until the task has ended and everything that it printed has been passed on.
    ///
    /// - Returns: nil if the monitor died.
    mutating func run() throws -> EndRecord? {
        while !isOver || sinks.contains(where: { $0.source != nil }) { try step() }
        return end
    }

    private mutating func step() throws {
        var poll = Poll()
        let report = poll.add(isOver ? -1 : task.report.number, Int32(POLLIN))
        let signal = poll.add(signals, Int32(POLLIN))
        let sources = sinks.map { poll.add($0.source ?? -1, Int32(POLLIN)) }
        let read = poll.add(input.pipe != nil && !input.isHeldBack ? 0 : -1, Int32(POLLIN))
        let write = poll.add(input.pipe ?? -1, input.isHeldBack ? Int32(POLLOUT) : 0)
        try poll.wait()
        for (place, sink) in zip(sources, sinks) where poll.events(place) != 0 {
            if try !sink.move() { try send(.signal(SIGPIPE)) }
        }
        if poll.events(signal) != 0 { try forward(try Signals.next(signals)) }
        if poll.events(write) & Int32(POLLERR) != 0 { input.finish() }
        if poll.events(read) != 0 || poll.events(write) & Int32(POLLOUT) != 0 { try input.move() }
        if poll.events(report) != 0 { try hear() }
    }

    private mutating func hear() throws {
        let message = try Transfer.receiveBytes(task.report.number, limit: ControlRequest.limit)
        guard !message.isEmpty else { return isOver = true }
        if case .ended(let record) = try ControlReply(bytes: message) {
            (end, isOver) = (record, true)
            input.finish()
        }
    }

    /// Signals go to the task. When the terminal stops us, the task is stopped and goes on together with us.
    private func forward(_ signal: Int32) throws {
        try send(.signal(signal))
        guard signal == SIGTSTP else { return }
        // In a session of its own the task's group is orphaned: TSTP alone would stop nothing (signal(7), setpgid(2)).
        try send(.signal(SIGSTOP))
        raise(SIGSTOP)
        try send(.signal(SIGCONT))
    }

    /// A monitor that is gone can't be asked; its end of the report tells it.
    private func send(_ request: ControlRequest) throws {
        guard !isOver else { return }
        do throws(Errno) {
            try Transfer.send(task.report.number, request.bytes)
        } catch {
            guard error.rawValue == EPIPE || error.rawValue == ECONNRESET else { throw error }
        }
    }
}
