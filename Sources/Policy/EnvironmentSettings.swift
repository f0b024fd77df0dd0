public import Records

/// The `[environment]` table.
public struct EnvironmentSettings: Equatable, ByteCodable {
    /// Names that are taken over from the front end; a trailing `*` stands for any ending.
    public var keep: [String] = ["LANG", "TERM", "TZ"]
    /// Variables that every task gets, sorted by name.
    public var set: [EnvironmentVariable] = []
    /// Names that a request may set; a trailing `*` stands for any ending.
    public var accept: [String] = []

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(keep)
        writer.write(set)
        writer.write(accept)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        keep = try reader.strings()
        set = try reader.values()
        accept = try reader.strings()
    }
}
