public import Records

/// The `[retention]` table: what is kept of ended tasks.
public struct RetentionSettings: Equatable, ByteCodable {
    /// How long the record of an ended task is kept.
    public var ended: TimeSpan = .minutes(60)
    /// How much the records of ended tasks may take up.
    public var disk: ByteCount = .gibibytes(10)

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(ended)
        writer.write(disk)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        ended = try reader.value()
        disk = try reader.value()
    }
}
