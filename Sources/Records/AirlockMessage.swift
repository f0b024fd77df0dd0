/// What a front end tells an airlock that it has started, each a message on a SOCK_SEQPACKET socket, version first: the outline,
/// and then the rest.
public enum AirlockMessage: Sendable, Equatable {
    /// Namespaces and pipes can be made; with it comes the descriptor of the task's cgroup, where it has one.
    case outline(SandboxOutline)
    /// What each descriptor is that comes with it. The last of these messages has `isLast`, and the plan is among them.
    case descriptors([PlanDescriptor], isLast: Bool)

    /// The newest version.
    public static let version: UInt16 = 1
    /// No message is longer.
    public static let limit = 4096
    /// No message has more descriptors. The kernel's limit is 253 (SCM_MAX_FD).
    public static let descriptorLimit = 200

    /// The message.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.version)
        switch self {
        case .outline(let outline):
            writer.write(UInt8(1))
            writer.write(outline)
        case .descriptors(let roles, let isLast):
            writer.write(UInt8(2))
            writer.write(roles) { $0.write($1.rawValue) }
            writer.write(isLast)
        }
        return writer.bytes
    }

    /// Reads a message.
    public init(bytes: [UInt8]) throws(RecordError) {
        var reader = try ByteReader(message: bytes, newest: Self.version)
        switch try reader.integer(UInt8.self) {
        case 1: self = .outline(try reader.value())
        case 2:
            let roles: [PlanDescriptor] = try reader.list { (each) throws(RecordError) in try each.choice() }
            self = .descriptors(roles, isLast: try reader.bool())
        default: throw .malformed("unknown message to an airlock", at: 2)
        }
        try reader.finish()
    }
}
