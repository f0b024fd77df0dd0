/// The size of a terminal in characters.
public struct WindowSize: Sendable, Hashable {
    /// Lines.
    public var rows: UInt16
    /// Characters in a line.
    public var columns: UInt16

    /// A size; 0: not known.
    public init(rows: UInt16, columns: UInt16) {
        (self.rows, self.columns) = (rows, columns)
    }

    /// What terminals have where nobody says anything.
    public static let standard = WindowSize(rows: 24, columns: 80)
}

extension WindowSize: ByteCodable {
    /// Writes rows and columns.
    public func encode(to writer: inout ByteWriter) {
        writer.write(rows)
        writer.write(columns)
    }

    /// Reads rows and columns.
    public init(from reader: inout ByteReader) throws(RecordError) {
        self.init(rows: try reader.integer(), columns: try reader.integer())
    }
}
