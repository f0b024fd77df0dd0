/// A part of what a task printed.
public struct ReadOutputRequest: Sendable, Equatable {
    /// Where reading begins.
    public enum Start: Sendable, Equatable {
        /// After the last read of the same reader.
        case next
        /// At a byte of the stream, counted from 0.
        case offset(UInt64)
        /// So that this many last lines are read, 1 or more.
        case tail(Int)
    }

    /// Which stream; each counts its own bytes.
    public enum Stream: String, CaseIterable, Sendable {
        /// Standard output.
        case stdout
        /// Standard error.
        case stderr
        /// Both, in the order in which they were read.
        case both
    }

    /// How bytes become text.
    public enum Encoding: String, CaseIterable, Sendable {
        /// As UTF-8, with control bytes made visible.
        case text
        /// As they are, in base64.
        case base64
        /// What Claude Code did and said, of a task of its own; any other task's as text.
        case transcript
    }

    /// Which task.
    public let task: TaskReference
    /// From where.
    public let start: Start
    /// Bytes of output at most, 1 to 1 MiB.
    public let maximumBytes: Int
    /// Of which stream.
    public let stream: Stream
    /// How bytes become text; nil: a transcript where there can be one, else text.
    public let encoding: Encoding?
    /// How long to wait for output, the end, or the pattern.
    public let timeout: Duration
    /// A regular expression to wait for, 1 to 1000 bytes, not compiled yet.
    public let pattern: String?
    /// Whose place is used; the connection's own without.
    public let reader: String?

    static let bytes: ClosedRange<Int64> = 1...1_048_576
    static let defaultBytes = 30_720
    static let lines: ClosedRange<Int64> = 1...100_000
    static let patternBytes = 1000

    init(_ arguments: ToolArguments, withProgress: Bool) throws(ArgumentError) {
        task = try TaskReference(arguments)
        start = try Self.start(arguments)
        maximumBytes = try arguments.integer("max_bytes", in: Self.bytes).map(Int.init) ?? Self.defaultBytes
        stream = try arguments.choice("stream") ?? .both
        encoding = try arguments.choice("encoding")
        timeout = try arguments.milliseconds("timeout_ms", in: 0...Waiting.longest(withProgress: withProgress)) ?? .zero
        pattern = try Self.pattern(arguments)
        reader = try arguments.string("reader")
    }

    private static func start(_ arguments: ToolArguments) throws(ArgumentError) -> Start {
        if arguments.has("offset"), arguments.has("tail") { throw .conflicting(["offset", "tail"]) }
        if let offset = try arguments.integer("offset", in: 0...Int64.max) { return .offset(UInt64(offset)) }
        if let lines = try arguments.integer("tail", in: Self.lines) { return .tail(Int(lines)) }
        return .next
    }

    private static func pattern(_ arguments: ToolArguments) throws(ArgumentError) -> String? {
        guard let pattern = try arguments.string("until") else { return nil }
        guard pattern.utf8.count <= patternBytes else {
            throw .invalid(
                key: "until", expected: "a regular expression of at most \(patternBytes) bytes",
                given: "one of \(pattern.utf8.count)")
        }
        return pattern
    }
}
