import Glibc
import Kernel
import Launching
import Records

/// The event loop of a task in the foreground.
struct ForegroundLoop {
    let task: LaunchedTask
    let signals: Int32
    let input: any TaskInlet
    let sinks: [Sink]
    /// The caller's terminal, where the task has one of its own.
    let terminal: CallerTerminal?
    /// Whether the caller has gone away from the task, which runs on.
    private(set) var isDetached = false
    /// Whether output was given up because nobody read it after a signal had asked for the end.
    private(set) var gaveUp = false
    private var end: EndRecord?
    private var isOver = false
    private var isAsked = false

    /// How long the task has for stopping by itself, in nanoseconds.
    private static let timeToStop: UInt64 = 100_000_000
    /// How long a reader may take nothing, once a signal has asked for the end and the task is over; in nanoseconds.
    private static let patience: UInt64 = 2_000_000_000

    init(
        task: LaunchedTask, signals: Int32, input: any TaskInlet, sinks: [Sink], terminal: CallerTerminal? = nil
    ) {
        (self.task, self.signals, self.input, self.sinks) = (task, signals, input, sinks)
        self.terminal = terminal
    }

    /// Runs until the task has ended and everything that it printed has been passed on, or until the caller detaches.
    ///
    /// - Returns: nil if the monitor died, or runs on.
    mutating func run() throws -> EndRecord? {
        while !isDetached, !isOver || sinks.contains(where: \.isOpen) { try step() }
        return end
    }

    private mutating func step() throws {
        var poll = Poll()
        let report = poll.add(isOver ? -1 : task.report.number, Int32(POLLIN))
        let signal = poll.add(signals, Int32(POLLIN))
        let places = sinks.map { $0.wait(in: &poll) }
        input.wait(in: &poll)
        try poll.wait(timeout: isOver && isAsked ? Self.patience : nil)
        if isOver, isAsked, places.allSatisfy({ poll.events($0) == 0 }) { giveUp() }
        for (place, sink) in zip(places, sinks) where poll.events(place) != 0 {
            if try !sink.move() { try send(.signal(SIGPIPE)) }
        }
        if poll.events(signal) != 0 { try forward(try Signals.next(signals)) }
        if try input.move(poll) { isDetached = true }
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
        if [SIGWINCH, SIGCONT].contains(signal) || terminal != nil && signal == SIGTSTP {
            return try adapt(to: signal)
        }
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

    /// Only we are stopped, or go on, or have another size: the task on its terminal has its own keys.
    private func adapt(to signal: Int32) throws {
        if signal == SIGTSTP {
            try terminal?.leave()
            raise(SIGSTOP)
        }
        if signal != SIGWINCH { try terminal?.enter() }
        if let size = CallerTerminal.size { try send(.resize(size)) }
    }

    /// A monitor that is gone can't be asked; its end of the report tells it.
    func send(_ request: ControlRequest) throws {
        guard !isOver else { return }
        do throws(Errno) {
            try Transfer.send(task.report.number, request.bytes)
        } catch {
            guard error.rawValue == EPIPE || error.rawValue == ECONNRESET else { throw error }
        }
    }
}
