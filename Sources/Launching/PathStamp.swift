internal import Glibc
public import Kernel
public import Records

/// How a path looked when something was derived from it: the derived thing holds as long as the path looks the same.
public struct PathStamp: Hashable, ByteCodable {
    /// What stat(2) said; nil: there was nothing.
    private let facts: Facts?
    /// The path.
    public let path: String

    /// Seven numbers in place, not in a list: hundreds of them are read and compared at every launch.
    private struct Facts: Hashable {
        var device, inode, size, modified, changed, mode, owner: UInt64
    }

    /// The path as it looks now, links followed.
    public init(_ path: String) throws(Errno) {
        self.path = path
        facts = try PathStamp.facts(path)
    }

    /// When the inode last changed, in nanoseconds since 1970; nil: there was nothing.
    public var changed: Int64? { facts.map { Int64(bitPattern: $0.changed) } }

    /// Whether the path still looks the same.
    public func isCurrent() throws(Errno) -> Bool { try PathStamp.facts(path) == facts }

    /// The change time is in it because no program can set it back.
    private static func facts(_ path: String) throws(Errno) -> Facts? {
        do {
            let status = try FileStatus.of(path)
            return Facts(
                device: status.device, inode: status.inode, size: status.size,
                modified: UInt64(bitPattern: status.modified), changed: UInt64(bitPattern: status.changed),
                mode: UInt64(status.mode), owner: UInt64(status.owner))
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else { throw error }
            return nil
        }
    }

    /// Writes path and facts: none, or all seven.
    public func encode(to writer: inout ByteWriter) {
        writer.write(path)
        guard let facts else { return writer.write(UInt32(0)) }
        writer.write(UInt32(7))
        for number in [
            facts.device, facts.inode, facts.size, facts.modified, facts.changed, facts.mode, facts.owner,
        ] { writer.write(number) }
    }

    /// Reads path and facts.
    public init(from reader: inout ByteReader) throws(RecordError) {
        path = try reader.string()
        switch try reader.integer(UInt32.self) {
        case 0: facts = nil
        case 7:
            facts = Facts(
                device: try reader.integer(), inode: try reader.integer(), size: try reader.integer(),
                modified: try reader.integer(), changed: try reader.integer(), mode: try reader.integer(),
                owner: try reader.integer())
        default: throw .malformed("a stamp has neither no facts nor seven", at: reader.position)
        }
    }
}
