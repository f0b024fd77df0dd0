public import Records

/// A TCP port, 1 to 65535.
public struct PortNumber: Hashable, Comparable, ByteCodable, CustomStringConvertible {
    /// 1 to 65535.
    public let number: UInt16

    /// A port, or nothing for 0.
    public init?(_ number: UInt16) {
        guard number > 0 else { return nil }
        self.number = number
    }

    /// The smaller number comes first.
    public static func < (left: PortNumber, right: PortNumber) -> Bool { left.number < right.number }

    /// The number.
    public var description: String { String(number) }

    /// Writes the number.
    public func encode(to writer: inout ByteWriter) { writer.write(number) }

    /// Reads the number.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let start = reader.position
        guard let port = PortNumber(try reader.integer()) else { throw .malformed("port 0", at: start) }
        self = port
    }
}
