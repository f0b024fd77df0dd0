public import Records

/// The `[syscalls]` table.
public struct SyscallSettings: Equatable, ByteCodable {
    /// `default`, `strict`, or the name of a file of system calls.
    public var base: String = "default"
    /// Calls and `@groups` that are allowed besides the base.
    public var allow: [String] = []
    /// Calls and `@groups` that are not allowed; wins over `allow`.
    public var deny: [String] = []

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(base)
        writer.write(allow)
        writer.write(deny)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        base = try reader.string()
        allow = try reader.strings()
        deny = try reader.strings()
    }
}
