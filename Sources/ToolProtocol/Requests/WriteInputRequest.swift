/// Input for a running task.
public struct WriteInputRequest: Sendable, Equatable {
    /// Rows and columns of a terminal.
    public struct Size: Sendable, Equatable {
        /// Lines, 1 or more.
        public let rows: UInt16
        /// Characters in a line, 1 or more.
        public let columns: UInt16
    }

    /// Which task.
    public let task: TaskReference
    /// What is written, in this order: text or bytes, and nothing else.
    public let bytes: [UInt8]
    /// Whether nothing comes after it.
    public let endsInput: Bool
    /// The size that the task's terminal gets before.
    public let size: Size?

    /// Bytes of one call.
    static let limit = 1 << 20
    static let sides: ClosedRange<Int64> = 1...10_000

    init(_ arguments: ToolArguments) throws(ArgumentError) {
        task = try TaskReference(arguments)
        if arguments.has("text"), arguments.has("base64") { throw .conflicting(["text", "base64"]) }
        let text = try arguments.text("text").map { Array($0.utf8) }
        let raw = try arguments.base64("base64")
        bytes = text ?? raw ?? []
        endsInput = try arguments.bool("eof") ?? false
        size = try arguments.size("resize")
        guard bytes.count <= Self.limit else {
            let key = text == nil ? "base64" : "text"
            throw .invalid(key: key, expected: "at most \(Self.limit) bytes", given: "\(bytes.count)")
        }
        guard !bytes.isEmpty || endsInput || size != nil else { throw .noneOf(["text", "base64", "eof", "resize"]) }
    }
}
