/// Writes the records that front ends and airlock exchange: little endian, lengths before contents, no padding.
///
/// The same bytes come from the same values on every host, so that a digest over them means something.
public struct ByteWriter: Sendable {
    /// What was written so far.
    public var bytes: [UInt8] { written }
    @usableFromInline var written: [UInt8] = []

    /// An empty writer.
    ///
    /// - Parameter capacity: For how many bytes there is room at once.
    public init(capacity: Int = 0) {
        written.reserveCapacity(capacity)
    }

    /// Writes an integer in its own width, little endian.
    @inlinable
    public mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { written.append(contentsOf: $0) }
    }

    /// Writes one byte, 0 or 1.
    public mutating func write(_ value: Bool) {
        written.append(value ? 1 : 0)
    }

    /// Writes a 32-bit count and the bytes.
    public mutating func write(_ value: [UInt8]) {
        write(UInt32(value.count))
        written.append(contentsOf: value)
    }

    /// Writes a 32-bit count and the UTF-8 bytes.
    public mutating func write(_ value: String) {
        write(UInt32(value.utf8.count))
        written.append(contentsOf: value.utf8)
    }

    /// Writes a 32-bit count and each element.
    @inlinable
    public mutating func write<Element>(_ values: [Element], _ each: (inout ByteWriter, Element) -> Void) {
        write(UInt32(values.count))
        for value in values { each(&self, value) }
    }

    /// Writes a flag and, if there is one, the value.
    @inlinable
    public mutating func write<Value>(_ value: Value?, _ each: (inout ByteWriter, Value) -> Void) {
        write(value != nil)
        if let value { each(&self, value) }
    }

    /// Writes a list of strings.
    public mutating func write(_ values: [String]) {
        write(values) { $0.write($1) }
    }
}

/// A value with one binary form.
public protocol ByteCodable: Sendable {
    /// Writes the value.
    func encode(to writer: inout ByteWriter)
    /// Reads a value, or says what is wrong with the bytes.
    init(from reader: inout ByteReader) throws(RecordError)
}

extension ByteWriter {
    /// Writes a value by its own form.
    @inlinable
    public mutating func write<Value: ByteCodable>(_ value: Value) {
        value.encode(to: &self)
    }

    /// Writes a flag and, if there is one, the value.
    @inlinable
    public mutating func write<Value: ByteCodable>(_ value: Value?) {
        write(value) { $0.write($1) }
    }

    /// Writes a 32-bit count and each element.
    @inlinable
    public mutating func write<Value: ByteCodable>(_ values: [Value]) {
        write(values) { $0.write($1) }
    }
}
