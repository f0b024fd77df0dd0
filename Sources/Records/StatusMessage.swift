/// What init and the task side tell the monitor, in messages of 16 bytes on a SOCK_SEQPACKET socket.
public enum StatusMessage: Sendable, Equatable {
    /// A step failed; nothing was executed. `index` tells which of several (a mount, a rule, a limit).
    case failed(Stage, errno: Int32, index: Int32)
    /// All but the filter of system calls is in place in the task's process, which installs it now.
    case settled
    /// The task is confined and waits at the gate.
    case ready
    /// Init has confined itself.
    case reaperConfined
    /// The main process ended, with its wait status; so many processes were still there and were killed. -1: they are
    /// dying, and how many there were comes later.
    case ended(status: Int32, killed: Int32)
    /// With it come both sides of the task's terminal: the master, then the slave.
    case terminal

    /// Bytes of one message.
    public static let size = 16

    /// Kind, stage, two numbers.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        let (kind, stage, first, second): (UInt32, UInt32, Int32, Int32) =
            switch self {
            case .failed(let stage, let errno, let index): (1, UInt32(stage.rawValue), errno, index)
            case .ready: (2, 0, 0, 0)
            case .ended(let status, let killed): (3, 0, status, killed)
            case .reaperConfined: (4, 0, 0, 0)
            case .settled: (5, 0, 0, 0)
            case .terminal: (6, 0, 0, 0)
            }
        writer.write(kind)
        writer.write(stage)
        writer.write(first)
        writer.write(second)
        return writer.bytes
    }

    /// The message in these bytes; nil: there is none.
    public static func read(_ bytes: [UInt8]) -> StatusMessage? {
        do throws(RecordError) {
            return try StatusMessage(bytes: bytes)
        } catch {
            return nil
        }
    }

    /// Reads a message of exactly 16 bytes.
    public init(bytes: [UInt8]) throws(RecordError) {
        var reader = ByteReader(bytes)
        let kind = try reader.integer(UInt32.self)
        let stage = try reader.integer(UInt32.self)
        let first = try reader.integer(Int32.self)
        let second = try reader.integer(Int32.self)
        try reader.finish()
        switch kind {
        case 1:
            guard let step = UInt8(exactly: stage).flatMap(Stage.init(rawValue:)) else {
                throw .malformed("unknown stage \(stage)", at: 4)
            }
            self = .failed(step, errno: first, index: second)
        case 2: self = .ready
        case 3: self = .ended(status: first, killed: second)
        case 4: self = .reaperConfined
        case 5: self = .settled
        case 6: self = .terminal
        default: throw .malformed("unknown status message \(kind)", at: 0)
        }
    }
}
