internal import Glibc
public import Kernel
public import Records

/// How a path looked when something was derived from it: the derived thing holds as long as the path looks the same.
public struct PathStamp: Hashable, Sendable {
    /// What stat(2) said; nil: there was nothing.
    let facts: Facts?
    /// The path.
    public let path: String

    /// Seven numbers.
    struct Facts: Hashable {
        var device, inode, size, modified, changed, mode, owner: UInt64

        var numbers: [UInt64] { [device, inode, size, modified, changed, mode, owner] }

        static let count = 7

        init(_ numbers: [UInt64]) {
            (device, inode, size, modified) = (numbers[0], numbers[1], numbers[2], numbers[3])
            (changed, mode, owner) = (numbers[4], numbers[5], numbers[6])
        }

        init(_ status: FileStatus) {
            (device, inode, size) = (status.device, status.inode, status.size)
            modified = UInt64(bitPattern: status.modified)
            // The change time is in it because no program can set it back.
            changed = UInt64(bitPattern: status.changed)
            (mode, owner) = (UInt64(status.mode), UInt64(status.owner))
        }
    }

    /// The path as it looks now, links followed. One with a NUL in it is no path: EINVAL.
    public init(_ path: String) throws(Errno) {
        guard !path.utf8.contains(0) else { throw Errno(rawValue: EINVAL) }
        self.path = path
        facts = try PathStamp.facts(Array(path.utf8) + [0], at: 0)
    }

    /// When the inode last changed, in nanoseconds since 1970; nil: there was nothing.
    public var changed: Int64? { facts.map { Int64(bitPattern: $0.changed) } }

    /// Whether the path still looks the same.
    public func isCurrent() throws(Errno) -> Bool { try PathStamp(path) == self }

    /// What is at a path that ends with a NUL.
    static func facts(_ bytes: [UInt8], at place: Int) throws(Errno) -> Facts? {
        do {
            return Facts(try FileStatus.of(bytes, at: place))
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else { throw error }
            return nil
        }
    }
}

extension PathStamp: ByteCodable {
    /// Writes path and facts: none, or all seven.
    public func encode(to writer: inout ByteWriter) {
        writer.write(path)
        writer.write(facts?.numbers ?? []) { $0.write($1) }
    }

    /// Reads path and facts.
    public init(from reader: inout ByteReader) throws(RecordError) {
        path = try reader.string()
        let numbers: [UInt64] = try reader.list { (each) throws(RecordError) in try each.integer() }
        guard numbers.isEmpty || numbers.count == Facts.count else {
            throw .malformed("a stamp has neither no facts nor seven", at: reader.position)
        }
        facts = numbers.isEmpty ? nil : Facts(numbers)
    }
}
