internal import Glibc
public import Kernel
public import Records

/// How a path looked when something was derived from it: the derived thing holds as long as the path looks the same.
public struct PathStamp: Hashable, ByteCodable {
    /// What stat(2) said; all zero: there was nothing.
    private let facts: [UInt64]
    /// The path.
    public let path: String

    /// The path as it looks now, links followed.
    public init(_ path: String) throws(Errno) {
        self.path = path
        facts = try PathStamp.facts(path)
    }

    /// Whether the path still looks the same.
    public func isCurrent() throws(Errno) -> Bool { try PathStamp.facts(path) == facts }

    /// The change time is in it because no program can set it back.
    private static func facts(_ path: String) throws(Errno) -> [UInt64] {
        do {
            let status = try FileStatus.of(path)
            return [
                status.device, status.inode, status.size, UInt64(bitPattern: status.modified),
                UInt64(bitPattern: status.changed), UInt64(status.mode), UInt64(status.owner),
            ]
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else { throw error }
            return []
        }
    }

    /// Writes path and facts.
    public func encode(to writer: inout ByteWriter) {
        writer.write(path)
        writer.write(facts) { $0.write($1) }
    }

    /// Reads path and facts.
    public init(from reader: inout ByteReader) throws(RecordError) {
        path = try reader.string()
        facts = try reader.list { (each) throws(RecordError) in try each.integer() }
    }
}
