/// What a front end asks of a monitor: one message on a SOCK_SEQPACKET socket, version first.
///
/// A message carries the version that first had it: an older monitor understands what it knows, whoever asks. Detaching is
/// hanging up.
public enum ControlRequest: Sendable, Equatable {
    /// A signal to the foreground process group of the task.
    case signal(Int32)
    /// TERM (or another signal), the grace period, then the end of everything. `cause` is a word of the contract.
    case terminate(signal: Int32, grace: UInt64?, cause: String, by: String)
    /// Tell me when more than `bytes` bytes have been recorded in all, or the task has ended.
    case follow(bytes: UInt64)
    /// Bytes for the task's standard input. The answer is at once how many of them were taken: the rest is to be sent again.
    case input([UInt8])
    /// The end of the task's standard input, after what waits there; of a terminal, its end-of-file character.
    case endOfInput
    /// How does the task stand?
    case state
    /// The size of the task's terminal (version 2).
    case resize(WindowSize)
    /// Somebody looks from now on: how many bytes have been recorded until now? With the size that a terminal has at first: a
    /// program draws itself anew when it gets another one soon after (version 2).
    case attach(WindowSize?)
    /// Tell me when more input can be taken, and how many bytes of it (version 2).
    case awaitRoom

    /// The newest version of the protocol between front ends and monitors.
    public static let version: UInt16 = 2
    /// No message is longer.
    public static let limit = 128 << 10

    /// The message.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(firstVersion)
        switch self {
        case .signal(let signal):
            writer.write(UInt8(1))
            writer.write(signal)
        case .terminate(let signal, let grace, let cause, let by):
            writer.write(UInt8(2))
            writer.write(signal)
            writer.write(grace) { $0.write($1) }
            writer.write(cause)
            writer.write(by)
        case .follow(let bytes):
            writer.write(UInt8(3))
            writer.write(bytes)
        case .input(let bytes):
            writer.write(UInt8(4))
            writer.write(bytes)
        case .endOfInput: writer.write(UInt8(5))
        case .state: writer.write(UInt8(6))
        case .resize(let size):
            writer.write(UInt8(7))
            writer.write(size)
        case .attach(let size):
            writer.write(UInt8(8))
            writer.write(size)
        case .awaitRoom: writer.write(UInt8(9))
        }
        return writer.bytes
    }

    /// The version of the protocol in which there was such a message first.
    public var firstVersion: UInt16 {
        switch self {
        case .signal, .terminate, .follow, .input, .endOfInput, .state: 1
        case .resize, .attach, .awaitRoom: 2
        }
    }

    /// Reads a message.
    public init(bytes: [UInt8]) throws(RecordError) {
        var reader = try ByteReader(message: bytes, newest: Self.version)
        switch try reader.integer(UInt8.self) {
        case 1: self = .signal(try reader.integer())
        case 2:
            let signal: Int32 = try reader.integer()
            let grace: UInt64? = try reader.optional { (each) throws(RecordError) in try each.integer() }
            self = .terminate(signal: signal, grace: grace, cause: try reader.string(), by: try reader.string())
        case 3: self = .follow(bytes: try reader.integer())
        case 4: self = .input(try reader.byteList())
        case 5: self = .endOfInput
        case 6: self = .state
        case 7: self = .resize(try reader.value())
        case 8: self = .attach(try reader.optional { (each) throws(RecordError) in try each.value() })
        case 9: self = .awaitRoom
        case let other: throw .malformed("unknown request \(other)", at: 2)
        }
        try reader.finish()
    }
}

/// What a monitor answers, on the report socket and on control connections.
public enum ControlReply: Sendable, Equatable {
    /// The task runs: its main process's pid on the host.
    case started(pid: Int32)
    /// So many bytes have been recorded in all; the task runs.
    case progress(bytes: UInt64)
    /// The task is over and its record is durable.
    case ended(EndRecord)
    /// The request was carried out.
    case done
    /// The request was not carried out: why.
    case refused(String)

    /// The version of every answer there is.
    public static let version: UInt16 = 1

    /// The message.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.version)
        switch self {
        case .started(let pid):
            writer.write(UInt8(1))
            writer.write(pid)
        case .progress(let bytes):
            writer.write(UInt8(2))
            writer.write(bytes)
        case .ended(let record):
            writer.write(UInt8(3))
            writer.write(record)
        case .done: writer.write(UInt8(4))
        case .refused(let reason):
            writer.write(UInt8(5))
            writer.write(reason)
        }
        return writer.bytes
    }

    /// Reads a message.
    public init(bytes: [UInt8]) throws(RecordError) {
        var reader = try ByteReader(message: bytes, newest: Self.version)
        switch try reader.integer(UInt8.self) {
        case 1: self = .started(pid: try reader.integer())
        case 2: self = .progress(bytes: try reader.integer())
        case 3: self = .ended(try reader.value())
        case 4: self = .done
        case 5: self = .refused(try reader.string())
        case let other: throw .malformed("unknown reply \(other)", at: 2)
        }
        try reader.finish()
    }
}
