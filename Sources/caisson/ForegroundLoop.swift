import Glibc
import Kernel
import Launching
import Records

/// The event loop of a task in the foreground.
struct ForegroundLoop {
    let task: LaunchedTask
    let signals: Int32
    let input: StandardInput
    let sinks: [Sink]
    /// Whether output was given up because nobody read it after a signal had asked for the end.
    private(set) var gaveUp = false
    private var end: EndRecord?
    private var isOver = false
    private var isAsked = false

    /// How long the task has for stopping by itself, in nanoseconds.
    private static let timeToStop: UInt64 = 100_000_000
    /// How long a reader may take nothing, once a signal has asked for the end and the task is over; in nanoseconds.
    private static let patience: UInt64 = 2_000_000_000

    init(task: LaunchedTask, signals: Int32, input: StandardInput, sinks: [Sink]) {
        (self.task, self.signals, self.input, self.sinks) = (task, signals, input, sinks)
    }

    /// Runs until the task has ended and everything that it printed has been passed on.
    ///
    /// - Returns: nil if the monitor died.
    mutating func run() throws -> EndRecord? {
        while !isOver || sinks.contains(where: \.isOpen) { try step() }
        return end
    }

    private mutating func step() throws {
        var poll = Poll()
        let report = poll.add(isOver ? -1 : task.report.number, Int32(POLLIN))
        let signal = poll.add(signals, Int32(POLLIN))
        let places = sinks.map { $0.wait(in: &poll) }
        let read = poll.add(input.pipe != nil && !input.isHeldBack ? 0 : -1, Int32(POLLIN))
        let write = poll.add(input.pipe ?? -1, input.isHeldBack ? Int32(POLLOUT) : 0)
        try poll.wait(timeout: isOver && isAsked ? Self.patience : nil)
        if isOver, isAsked, places.allSatisfy({ poll.events($0) == 0 }) { giveUp() }
        for (place, sink) in zip(places, sinks) where poll.events(place) != 0 {
            if try !sink.move() { try send(.signal(SIGPIPE)) }
        }
        if poll.events(signal) != 0 { try forward(try Signals.next(signals)) }
        if poll.events(write) & Int32(POLLERR) != 0 { input.finish() }
        if poll.events(read) != 0 || poll.events(write) & Int32(POLLOUT) != 0 { try input.move() }
        if poll.events(report) != 0 { try hear() }
    }

    private mutating func giveUp() {
        for sink in sinks where sink.isHeldBack {
            sink.abandon()
            gaveUp = true
        }
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
    private mutating func forward(_ signal: Int32) throws {
        try send(.signal(signal))
        guard signal == SIGTSTP else { return isAsked = true }
        // In a session of its own the task's group is orphaned: TSTP alone would stop nothing (signal(7), setpgid(2)).
        // What it does about TSTP comes first: a stop signal that still waits is discarded when it goes on (signal(7)).
        var moment = Poll()
        try moment.wait(timeout: Self.timeToStop)
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
