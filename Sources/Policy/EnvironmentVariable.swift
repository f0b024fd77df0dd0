public import Records

/// A name and its value.
public struct EnvironmentVariable: Hashable, ByteCodable {
    /// `[A-Za-z_][A-Za-z0-9_]*`.
    public let name: String
    /// Any text without a NUL.
    public let value: String

    /// A name and its value.
    public init(name: String, value: String) {
        (self.name, self.value) = (name, value)
    }

    /// `NAME=value`, as execve(2) takes it.
    public var assignment: String { "\(name)=\(value)" }

    /// Writes name and value.
    public func encode(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(value)
    }

    /// Reads name and value.
    public init(from reader: inout ByteReader) throws(RecordError) {
        name = try reader.string()
        value = try reader.string()
    }
}
