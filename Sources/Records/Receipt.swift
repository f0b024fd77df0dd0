/// What the monitor read of a task from outside before it was released, next to what was planned.
public struct Receipt: Sendable, Equatable {
    /// One fact.
    public struct Line: Sendable, Equatable {
        /// `task` or `init`.
        public var subject: String
        /// Such as `uids`, `cap_eff`, `seccomp`, `limit.processes`.
        public var field: String
        /// What the plan asks for.
        public var planned: String
        /// What /proc says.
        public var observed: String

        /// A fact.
        public init(subject: String, field: String, planned: String, observed: String) {
            self.subject = subject
            self.field = field
            self.planned = planned
            self.observed = observed
        }

        /// Whether what is there is what was planned.
        public var agrees: Bool { planned == observed }
    }

    /// Nanoseconds since 1970.
    public var takenAt: Int64
    /// The task's main process on the host; together with the boot id it means something.
    public var pid: Int32
    /// The facts, in the order in which they were read.
    public var lines: [Line]

    /// A receipt.
    public init(takenAt: Int64, pid: Int32, lines: [Line]) {
        self.takenAt = takenAt
        self.pid = pid
        self.lines = lines
    }

    /// The first fact that differs from the plan: with one, the task is not released.
    public var difference: Line? { lines.first { !$0.agrees } }
}

extension Receipt: ByteCodable {
    /// The frame's magic of a receipt.
    public static var magic: StaticString { "CSRC" }
    /// The newest version.
    public static var version: UInt16 { 1 }

    /// The receipt as it is stored.
    public var sealed: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return Envelope.seal(magic: Self.magic, version: Self.version, contents: writer.bytes)
    }

    /// Reads a receipt from its frame.
    public static func open(_ bytes: [UInt8]) throws(RecordError) -> Receipt {
        var (_, reader) = try Envelope.open(magic: magic, newest: version, bytes: bytes)
        let receipt = try Receipt(from: &reader)
        try reader.finish()
        return receipt
    }

    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(takenAt)
        writer.write(pid)
        writer.write(lines) {
            $0.write($1.subject)
            $0.write($1.field)
            $0.write($1.planned)
            $0.write($1.observed)
        }
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        takenAt = try reader.integer()
        pid = try reader.integer()
        lines = try reader.list { (each) throws(RecordError) in
            Line(
                subject: try each.string(), field: try each.string(), planned: try each.string(),
                observed: try each.string())
        }
    }
}
