/// How a task ended, with the evidence. Written once by its monitor, made durable, never changed.
public struct EndRecord: Sendable, Equatable {
    /// Never `running`.
    public var status: TaskStatus
    /// What ended it, a word of the contract such as `exit`, `wall`, `stop`.
    public var cause: String
    /// Who asked for it, where somebody did.
    public var by: String?
    /// The limit that ended it, as text.
    public var limit: String?
    /// The step of the launch that failed.
    public var stage: Stage?
    /// What the kernel said to it.
    public var errno: Int32?
    /// Exit code of the main process, if it exited.
    public var exitCode: Int32?
    /// The signal that ended the main process.
    public var signal: Int32?
    /// Nanoseconds since 1970.
    public var endedAt: Int64
    /// From the gate to the end of the main process, in nanoseconds.
    public var runtime: UInt64
    /// CPU time of all its processes in nanoseconds, or nil where it can't be known.
    public var cpuTime: UInt64?
    /// Bytes, or nil where nothing counts them.
    public var peakMemory: UInt64?
    /// Processes, or nil where nothing counts them.
    public var peakProcesses: UInt64?
    /// How long its processes had to wait for `limits.cpu`, in nanoseconds, or nil where nothing counts it.
    public var throttledTime: UInt64?
    /// How often `limits.processes` refused a process, or nil where nothing counts it.
    public var refusedForks: UInt64?
    /// The proof that nothing is left.
    public var proof: EndProof?
    /// More for the reader: which mount, which path.
    public var detail: String?

    /// An end without figures.
    public init(status: TaskStatus, cause: String, endedAt: Int64) {
        self.status = status
        self.cause = cause
        self.endedAt = endedAt
        self.runtime = 0
    }
}

/// The evidence that no process of a task is left.
public struct EndProof: Sendable, Equatable {
    /// What was observed.
    public enum Kind: UInt8, Sendable {
        /// The init of its PID namespace was reaped; the kernel ends every process of a namespace before its init.
        case initReaped = 1
        /// Its cgroup reported `populated 0`.
        case cgroupEmpty
        /// The sandbox could not be made: no process of the task was ever started.
        case neverStarted
    }

    /// What was observed.
    public var kind: Kind
    /// When, in nanoseconds since 1970.
    public var at: Int64
    /// How many processes were still there when the end began and were killed; nil where nothing can count them.
    public var killed: Int32?

    /// A proof.
    public init(kind: Kind, at: Int64, killed: Int32?) {
        self.kind = kind
        self.at = at
        self.killed = killed
    }
}

extension EndRecord: ByteCodable {
    /// The frame's magic of an end record.
    public static var magic: StaticString { "CSEN" }
    /// The newest version.
    public static var version: UInt16 { 2 }

    /// The record as it is stored.
    public var sealed: [UInt8] { sealed(filling: 0) }

    /// The record as it is stored in a file whose size is on disk already.
    ///
    /// - Parameter size: Bytes of the frame; zeros follow the fields. A record that needs more is longer.
    public func sealed(filling size: Int) -> [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        let padding = max(0, size - Envelope.overhead - writer.bytes.count)
        let contents = writer.bytes + [UInt8](repeating: 0, count: padding)
        return Envelope.seal(magic: Self.magic, version: Self.version, contents: contents)
    }

    /// Reads a record from its frame.
    public static func open(_ bytes: [UInt8]) throws(RecordError) -> EndRecord {
        var (version, reader) = try Envelope.open(magic: magic, newest: version, bytes: bytes)
        let record = try EndRecord(from: &reader, version: version)
        try reader.finishPadding()
        return record
    }

    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(status.rawValue)
        writer.write(cause)
        writer.write(by) { $0.write($1) }
        writer.write(limit) { $0.write($1) }
        writer.write(stage) { $0.write($1.rawValue) }
        writer.write(errno) { $0.write($1) }
        writer.write(exitCode) { $0.write($1) }
        writer.write(signal) { $0.write($1) }
        writer.write(endedAt)
        writer.write(runtime)
        writer.write(cpuTime) { $0.write($1) }
        writer.write(peakMemory) { $0.write($1) }
        writer.write(peakProcesses) { $0.write($1) }
        writer.write(proof)
        writer.write(detail) { $0.write($1) }
        writer.write(throttledTime) { $0.write($1) }
        writer.write(refusedForks) { $0.write($1) }
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        try self.init(from: &reader, version: Self.version)
    }

    /// Version 1 ended with `detail`.
    private init(from reader: inout ByteReader, version: UInt16) throws(RecordError) {
        status = try reader.choice()
        cause = try reader.string()
        by = try reader.optional { (each) throws(RecordError) in try each.string() }
        limit = try reader.optional { (each) throws(RecordError) in try each.string() }
        stage = try reader.optional { (each) throws(RecordError) in try each.choice() }
        errno = try reader.optional { (each) throws(RecordError) in try each.integer() }
        exitCode = try reader.optional { (each) throws(RecordError) in try each.integer() }
        signal = try reader.optional { (each) throws(RecordError) in try each.integer() }
        endedAt = try reader.integer()
        runtime = try reader.integer()
        cpuTime = try reader.optional { (each) throws(RecordError) in try each.integer() }
        peakMemory = try reader.optional { (each) throws(RecordError) in try each.integer() }
        peakProcesses = try reader.optional { (each) throws(RecordError) in try each.integer() }
        proof = try reader.optional { (each) throws(RecordError) in try EndProof(from: &each) }
        detail = try reader.optional { (each) throws(RecordError) in try each.string() }
        if version > 1 {
            throttledTime = try reader.optional { (each) throws(RecordError) in try each.integer() }
            refusedForks = try reader.optional { (each) throws(RecordError) in try each.integer() }
        }
        guard status != .running else { throw .malformed("an end that is running", at: 0) }
    }
}

extension EndProof: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        writer.write(at)
        writer.write(killed) { $0.write($1) }
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        kind = try reader.choice()
        at = try reader.integer()
        killed = try reader.optional { (each) throws(RecordError) in try each.integer() }
    }
}
