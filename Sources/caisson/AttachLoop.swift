import Glibc
import Kernel
import Records
import Spooling
import Tasks

/// The event loop of somebody who is attached to a running task.
struct AttachLoop {
    /// How it came to an end.
    enum Outcome {
        /// The task did.
        case ended(EndRecord)
        /// The caller went away: by the key, by a signal, or because nobody reads the output.
        case detached(signal: Int32?)
    }

    let task: TaskDirectory
    let reader: SpoolReader
    let signals: Int32
    let input: any TaskInlet
    let outputs: [OutputFollower]
    let terminal: CallerTerminal?
    private var news: ControlReference
    private var isFollowing = false
    /// When the task's terminal gets its real size, on the monotonic clock.
    private var sizing: UInt64?
    /// When the monitor is connected to again, which hung up; on the monotonic clock.
    private var returning: UInt64?
    private var end: EndRecord?

    init(
        _ task: TaskDirectory, _ reader: SpoolReader, news: ControlReference, signals: Int32, input: any TaskInlet,
        outputs: [OutputFollower], terminal: CallerTerminal?
    ) {
        (self.task, self.reader, self.news, self.signals) = (task, reader, news, signals)
        (self.input, self.outputs, self.terminal) = (input, outputs, terminal)
        if terminal != nil { sizing = Clock.monotonic() + Self.drawing }
    }

    /// How long programs have to see the first size.
    private static let drawing: UInt64 = 100_000_000

    mutating func run() throws -> Outcome {
        while true {
            // Before the output is looked at: what comes after it is announced.
            let totals = try reader.totals()
            for output in outputs where try !output.move() { return .detached(signal: SIGPIPE) }
            let isHeldBack = outputs.contains(where: \.isHeldBack)
            if let end, !isHeldBack { return .ended(end) }
            if end == nil, !isHeldBack { try follow(totals.stdout + totals.stderr) }
            if let outcome = try step() { return outcome }
        }
    }

    private mutating func follow(_ seen: UInt64) throws {
        guard !isFollowing, returning == nil else { return }
        isFollowing = try news.control.send(.follow(bytes: seen))
        if !isFollowing { try lookForEnd() }
    }

    private mutating func step() throws -> Outcome? {
        var poll = Poll()
        let told = poll.add(isFollowing ? news.control.descriptor : -1, Int32(POLLIN))
        let signal = poll.add(signals, Int32(POLLIN))
        for output in outputs { output.wait(in: &poll) }
        input.wait(in: &poll)
        try poll.wait(timeout: timeout)
        let now = Clock.monotonic()
        if let sizing, sizing <= now { try resize() }
        if let returning, returning <= now { try comeBack() }
        if poll.events(told) != 0 { try hear() }
        if try input.move(poll) { return .detached(signal: nil) }
        guard poll.events(signal) != 0 else { return nil }
        return try heed(try Signals.next(signals))
    }

    private var timeout: UInt64? {
        // The end was found out and not told: there may be more to pass on, and nothing to wait for.
        if end != nil, !outputs.contains(where: \.isHeldBack) { return 0 }
        let (now, next) = (Clock.monotonic(), min(sizing ?? .max, returning ?? .max))
        return next == .max ? nil : next > now ? next - now : 0
    }

    private mutating func resize() throws {
        sizing = nil
        if terminal != nil, let size = CallerTerminal.size { try news.resize(size) }
    }

    private mutating func hear() throws {
        isFollowing = false
        switch try news.control.reply(timeout: 0) {
        case .ended(let record): conclude(record)
        case nil: try lookForEnd()
        case .progress, .refused, .started, .done: return
        }
    }

    /// The monitor hung up without a word: it was killed, or as many are connected to it as it takes.
    private mutating func lookForEnd() throws {
        if let found = try task.end() { return conclude(found) }
        returning = Clock.monotonic() + Self.pause
    }

    private static let pause: UInt64 = 50_000_000

    private mutating func comeBack() throws {
        returning = nil
        guard let control = try TaskControl(task) else { return try lookForEnd() }
        news = ControlReference(control, task)
    }

    private mutating func conclude(_ record: EndRecord) {
        end = record
        input.finish()
    }

    private mutating func heed(_ signal: Int32) throws -> Outcome? {
        switch signal {
        case SIGWINCH: break
        case SIGTSTP:
            try terminal?.leave()
            raise(SIGSTOP)
            try terminal?.enter()
        case SIGCONT: try terminal?.enter()
        default: return .detached(signal: signal)
        }
        try resize()
        return nil
    }
}

/// A control connection that can be kept in a value.
final class ControlReference {
    let control: TaskControl
    private let task: TaskDirectory

    init(_ control: consuming TaskControl, _ task: TaskDirectory) {
        self.control = control
        self.task = task
    }

    /// On a connection of its own: on this one, answers are news.
    func resize(_ size: WindowSize) throws {
        guard let another = try TaskControl(task) else { return }
        _ = try another.ask(.resize(size), timeout: 1_000_000_000)
    }
}
