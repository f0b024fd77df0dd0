/// One step of building the view, applied in order by the sandbox's init. Paths are absolute.
public enum MountStep: Sendable, Equatable {
    /// An empty directory in the view's root.
    case directory(path: String, mode: UInt32)
    /// A symbolic link in the view's root.
    case link(path: String, target: String)
    /// A tree or a single file of the host, with everything mounted below it.
    case tree(source: String, target: String, attributes: MountAttributes)
    /// The host's tree below layers that hide parts of it; the highest layer first. Read-only.
    case overlay(layers: [String], target: String, attributes: MountAttributes)
    /// A tree that the front end opened and checked: the workspace, or another place of the task. Where tasks have uids of
    /// their own, the monitor maps its owner and hands the mount to init.
    case handed(HandedTree, target: String, attributes: MountAttributes)
    /// A subdirectory of the task's one sized tmpfs.
    case scratch(name: String, target: String, mode: UInt32, attributes: MountAttributes)
    /// The sandbox's own /proc.
    case proc(target: String, minimal: Bool)
    /// A read-only cover over a name that is there: nothing can be read below it.
    case hide(path: String, isDirectory: Bool)
    /// A name bound onto itself: read-only, or only so that it can't be renamed.
    case pin(path: String, readOnly: Bool)
    /// The sandbox's own terminals: a devpts that nobody else has.
    case terminals(target: String)

    /// How many of them there can be at a time; the kernel has about 3,000 for all sandboxes together (kernel.pty.max).
    public static let terminalLimit = 64
}

/// A tree whose descriptor travels with the plan; of several, the order of the steps is that of the descriptors.
public struct HandedTree: Sendable, Equatable {
    /// Its path on the host.
    public var source: String
    /// Owner of the tree on disk.
    public var owner: UInt32
    /// Group of the tree on disk.
    public var group: UInt32

    /// A tree and whose it is.
    public init(source: String, owner: UInt32, group: UInt32) {
        (self.source, self.owner, self.group) = (source, owner, group)
    }

    /// As many descriptors as one message carries (SCM_MAX_FD is larger, the shim's buffer is not).
    public static let limit = 8
}

/// Attributes of a mount, as mount_setattr(2) has them.
public struct MountAttributes: OptionSet, Sendable, Hashable {
    /// The bits of MOUNT_ATTR_*.
    public let rawValue: UInt64

    /// Any bits of MOUNT_ATTR_*.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nothing can be written.
    public static let readOnly = MountAttributes(rawValue: 0x01)
    /// Set-user-id bits have no effect.
    public static let noSetUserID = MountAttributes(rawValue: 0x02)
    /// Device files have no effect.
    public static let noDevices = MountAttributes(rawValue: 0x04)
    /// Nothing can be executed or mapped executable.
    public static let noExecute = MountAttributes(rawValue: 0x08)
}

extension MountStep: ByteCodable {
    /// Writes a tag and the fields.
    public func encode(to writer: inout ByteWriter) {
        switch self {
        case .directory(let path, let mode):
            writer.tag(1, path)
            writer.write(mode)
        case .link(let path, let target):
            writer.tag(2, path)
            writer.write(target)
        case .tree(let source, let target, let attributes):
            writer.tag(3, target, attributes)
            writer.write(source)
        case .overlay(let layers, let target, let attributes):
            writer.tag(4, target, attributes)
            writer.write(layers)
        case .handed(let tree, let target, let attributes):
            writer.tag(5, target, attributes)
            writer.write(tree.source)
            writer.write(tree.owner)
            writer.write(tree.group)
        case .scratch(let name, let target, let mode, let attributes):
            writer.tag(6, target, attributes)
            writer.write(name)
            writer.write(mode)
        case .proc(let target, let minimal):
            writer.tag(7, target)
            writer.write(minimal)
        case .hide(let path, let isDirectory):
            writer.tag(8, path)
            writer.write(isDirectory)
        case .pin(let path, let readOnly):
            writer.tag(9, path)
            writer.write(readOnly)
        case .terminals(let target): writer.tag(10, target)
        }
    }

    /// Reads a tag and the fields.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let tag = try reader.integer(UInt8.self)
        let path = try reader.string()
        switch tag {
        case 1: self = .directory(path: path, mode: try reader.integer())
        case 2: self = .link(path: path, target: try reader.string())
        case 3...6: self = try Self.mount(tag, path, &reader)
        case 7: self = .proc(target: path, minimal: try reader.bool())
        case 8: self = .hide(path: path, isDirectory: try reader.bool())
        case 9: self = .pin(path: path, readOnly: try reader.bool())
        case 10: self = .terminals(target: path)
        default: throw .malformed("unknown mount step \(tag)", at: reader.position)
        }
    }

    private static func mount(
        _ tag: UInt8, _ target: String, _ reader: inout ByteReader
    ) throws(RecordError) -> MountStep {
        let attributes = MountAttributes(rawValue: try reader.integer())
        switch tag {
        case 3: return .tree(source: try reader.string(), target: target, attributes: attributes)
        case 4: return .overlay(layers: try reader.strings(), target: target, attributes: attributes)
        case 5:
            let tree = HandedTree(
                source: try reader.string(), owner: try reader.integer(), group: try reader.integer())
            return .handed(tree, target: target, attributes: attributes)
        default:
            let name = try reader.string()
            return .scratch(name: name, target: target, mode: try reader.integer(), attributes: attributes)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func tag(_ tag: UInt8, _ path: String, _ attributes: MountAttributes? = nil) {
        write(tag)
        write(path)
        if let attributes { write(attributes.rawValue) }
    }
}
