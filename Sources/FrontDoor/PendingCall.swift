internal import Kernel
internal import Launching
internal import Records
internal import Spooling
internal import Tasks
internal import ToolProtocol

/// A call that waits for its task: what it waits for, until when, and how it is answered then.
struct PendingCall {
    /// What the call waits for.
    enum Wait {
        /// Nothing: it is answered at once.
        case nothing
        /// The start of the task, and after it its end, both told on the launch's report socket.
        case launched(LaunchedTask)
        /// News of the task, told on a control connection.
        case news(FollowedTask)
    }

    /// How it is answered.
    enum Form {
        /// As the tool answers.
        case tool
        /// With what the tool would have answered that started the task (`tasks/result`).
        case resultOfTask
        /// With the task itself (`tasks/cancel` of 2025-11-25).
        case task
        /// With nothing, once the monitor has taken an order (`tasks/cancel` of 2026-07-28).
        case acknowledgement
    }

    let request: OpenRequest
    let task: TaskDirectory
    var wait: Wait
    /// On the monotonic clock, in nanoseconds.
    var deadline: UInt64
    /// How much of which output the answer carries.
    let reading: OutputReading
    /// Whether a task that failed makes the call one that failed.
    let failsWithTask: Bool
    /// Whether new output is enough, or only the end.
    var wantsOutput: Bool
    /// What the output is searched for, where the caller waits for a pattern.
    var search: PatternSearch?
    /// When the task is looked at again, on the monotonic clock: its monitor went away without a word. Nil: it is told.
    var nextLook: UInt64?
    /// Whether it is answered soon after the task runs, without waiting for more.
    var isDetached = false
    /// How much input it gave, and how much of that was taken; nil: it is none that gives any.
    var input: (given: Int, taken: Int)?
    /// Whether it is the call that started the task.
    var startsTask = false
    /// Whether it is the call that ends the task.
    var endsTask = false

    /// How it is answered.
    var form = Form.tool
    /// Tells the client how far the task is, where it asked for that.
    var progress: ProgressWatch?

    /// How long the task is left alone before it is looked at the next time, in nanoseconds.
    var pause: UInt64 = 10_000_000

    /// Looks at the task again in 10 ms, and then less and less often: nothing tells of it any more.
    mutating func lookSoon() {
        (wait, nextLook) = (.nothing, Clock.monotonic() + pause)
        pause = min(2 * pause, 500_000_000)
    }

    /// Whether the time has come to look at the task again.
    func isDue(_ now: UInt64) -> Bool { nextLook.map { $0 <= now } ?? false }

    /// When it has to be minded without any news.
    var wakes: UInt64 { min(deadline, nextLook ?? .max, progress?.wakes ?? .max) }

    /// The descriptor that becomes readable with the news.
    var descriptor: Int32 {
        switch wait {
        case .nothing: -1
        case .launched(let task): task.report.number
        case .news(let followed): followed.control.descriptor
        }
    }
}

/// Which part of a task's output an answer carries.
struct OutputReading {
    /// Where it begins.
    enum Start {
        case place
        case offset(UInt64)
        case tail(Int)
    }

    var source: SpoolSource
    var start: Start
    var maximumBytes: Int
    var isRaw: Bool
    /// Whether the bytes are wanted even of a task whose output is events.
    var isLiteral = false
    var place: ReaderPlace

    private static let tailBytes: UInt64 = 16 << 20

    /// The offset at which the part begins.
    func start(_ task: TaskDirectory) throws(TaskError) -> UInt64 {
        try begin(task, task.output(try task.record())).0
    }

    /// Reads the part, and says where the reader's place moves once the answer is written; nil: it stays.
    func read(_ task: TaskDirectory, isFinal: Bool) throws(TaskError) -> (part: OutputPart, place: UInt64?) {
        let record = try task.record()
        let reader = task.output(record)
        let (offset, moves) = try begin(task, reader)
        if !isRaw, !isLiteral, ClaudeTranscript.isWritten(by: record.arguments) {
            let part = try transcript(reader, from: offset, isFinal: isFinal)
            return (part, moves ? part.slice.nextOffset : nil)
        }
        let slice = try on { () throws(Errno) in
            // At least a whole character, or a reader would never get past one.
            try reader.read(source, offset: offset, maxBytes: max(4, maximumBytes))
        }
        var part = OutputPart(source, slice, isRaw: isRaw, isFinal: isFinal)
        // Of most tasks it is clear without their plan.
        part.isOfTerminal = record.inputStaysOpen ? try task.plan().streams.terminal != nil : false
        return (part, moves ? part.slice.nextOffset : nil)
    }

    /// Whole events as text; what they are made of is read in one piece, which ends early only before a part that was dropped.
    private func transcript(
        _ reader: SpoolReader, from offset: UInt64, isFinal: Bool
    ) throws(TaskError) -> OutputPart {
        let window = ClaudeTranscript.window
        let (slice, before) = try on { () throws(Errno) in
            let slice = try reader.read(source, offset: offset, maxBytes: window)
            guard slice.offset > 0, !slice.bytes.isEmpty else { return (slice, [UInt8]()) }
            return (slice, try reader.read(source, offset: slice.offset - 1, maxBytes: 1).bytes)
        }
        let isInside = slice.droppedBytes > 0 || before.first.map { $0 != UInt8(ascii: "\n") } ?? false
        let isWhole = slice.more ? slice.bytes.count < window : isFinal
        let (text, used) = ClaudeTranscript.text(
            slice.bytes, isInside: isInside, budget: maximumBytes, isWhole: isWhole)
        return OutputPart(source, slice, used: used, standingFor: text)
    }

    private func begin(_ task: TaskDirectory, _ reader: SpoolReader) throws(TaskError) -> (UInt64, Bool) {
        switch start {
        case .place: return (try place.offset(in: task), true)
        case .offset(let offset): return (offset, false)
        case .tail(let lines):
            // An answer has a megabyte at most, and nobody waits while gigabytes without a line break are looked through.
            let offset = try on { () throws(Errno) in
                try TailStart.offset(of: lines, source, reader, within: Self.tailBytes)
            }
            return (offset, false)
        }
    }

    private func on<Value>(_ body: () throws(Errno) -> Value) throws(TaskError) -> Value {
        do {
            return try body()
        } catch {
            throw .system("the task's output", error)
        }
    }
}
