public import Records

/// A program as the host has it: not its spelling, but the file that would run.
public struct ProgramIdentity: Hashable, ByteCodable, CustomStringConvertible {
    /// The real path, every link resolved.
    public let path: String
    /// The device of the file.
    public let device: UInt64
    /// The inode of the file.
    public let inode: UInt64
    /// The size of the file in bytes.
    public let size: UInt64
    /// When its contents last changed, in nanoseconds of Unix time.
    public let modified: Int64
    /// When its inode last changed, in nanoseconds of Unix time. No program can set this one back.
    public let changed: Int64

    /// What stat(2) says about the file at a real path.
    public init(path: String, device: UInt64, inode: UInt64, size: UInt64, modified: Int64, changed: Int64) {
        (self.path, self.device, self.inode) = (path, device, inode)
        (self.size, self.modified, self.changed) = (size, modified, changed)
    }

    /// Whether both are one file, whatever it is called: a hard link or a symbolic link is no way around a rule.
    public func isSameFile(as other: ProgramIdentity) -> Bool {
        device == other.device && inode == other.inode
    }

    /// The last component of the real path.
    public var name: String { PathText.lastComponent(path) }

    /// The real path.
    public var description: String { path }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
        writer.write(path)
        writer.write(device)
        writer.write(inode)
        writer.write(size)
        writer.write(modified)
        writer.write(changed)
    }

    /// Reads every field.
    public init(from reader: inout ByteReader) throws(RecordError) {
        path = try reader.string()
        device = try reader.integer()
        inode = try reader.integer()
        size = try reader.integer()
        modified = try reader.integer()
        changed = try reader.integer()
    }
}
