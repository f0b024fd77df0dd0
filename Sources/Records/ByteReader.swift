/// What is wrong with the bytes of a record.
public enum RecordError: Error, Sendable, Equatable {
    /// The bytes end before the value does.
    case truncated(at: Int)
    /// The first bytes are not those of this kind of record.
    case wrongMagic
    /// The record is of a version that this program does not know.
    case unknownVersion(UInt16)
    /// A value that no writer of this version writes.
    case malformed(String, at: Int)
    /// The checksum over the record does not match: torn or damaged.
    case damaged
}

/// Reads what `ByteWriter` wrote. Nothing in the input is believed: every length is checked against what is left.
///
/// What is generic is inlinable: a launch reads thousands of values, and unspecialized each would cost a lookup of its type.
public struct ByteReader: Sendable {
    @usableFromInline let bytes: [UInt8]
    @usableFromInline let end: Int
    @usableFromInline var place: Int
    /// Where the next value begins.
    public var position: Int { place }

    /// A reader over the whole of `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.end = bytes.count
        place = 0
    }

    /// A reader over a message that begins with its version: no newer one is understood.
    init(message bytes: [UInt8], newest: UInt16) throws(RecordError) {
        self.init(bytes)
        let found = try integer(UInt16.self)
        guard (1...newest).contains(found) else { throw .unknownVersion(found) }
    }

    /// A reader over a part of `bytes`, of which nothing is copied.
    init(_ bytes: [UInt8], _ part: Range<Int>) {
        self.bytes = bytes
        (place, end) = (part.lowerBound, part.upperBound)
    }

    /// How many bytes are left.
    public var remaining: Int { end - position }

    /// Reads an integer in its own width.
    @inlinable
    public mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(RecordError) -> Value
    {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw .truncated(at: position) }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Value.self) }
        place += size
        return Value(littleEndian: value)
    }

    /// Reads a byte that must be 0 or 1.
    public mutating func bool() throws(RecordError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .malformed("a flag is neither 0 nor 1", at: position - 1)
        }
    }

    /// Reads a count and that many bytes.
    public mutating func byteList() throws(RecordError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard remaining >= count else { throw .truncated(at: position) }
        defer { place += count }
        return Array(bytes[position..<position + count])
    }

    /// Reads a count and hands out a reader over that many bytes, which are not copied.
    mutating func part() throws(RecordError) -> ByteReader {
        let count = Int(try integer(UInt32.self))
        guard remaining >= count else { throw .truncated(at: position) }
        defer { place += count }
        return ByteReader(bytes, position..<position + count)
    }

    /// Reads UTF-8 text; other bytes are an error.
    public mutating func string() throws(RecordError) -> String {
        let start = position
        let count = Int(try integer(UInt32.self))
        guard remaining >= count else { throw .truncated(at: position) }
        let found = bytes.withUnsafeBytes { raw in
            String(validating: UnsafeRawBufferPointer(rebasing: raw[position..<position + count]), as: UTF8.self)
        }
        guard let found else { throw .malformed("text is not UTF-8", at: start) }
        place += count
        return found
    }

    /// Reads a count and that many elements. Each element takes a byte at least, so a count can't ask for more memory
    /// than the input has bytes.
    @inlinable
    public mutating func list<Element>(
        _ each: (inout ByteReader) throws(RecordError) -> Element
    ) throws(RecordError) -> [Element] {
        let count = Int(try integer(UInt32.self))
        guard remaining >= count else { throw .truncated(at: position) }
        var values: [Element] = []
        values.reserveCapacity(min(count, 4096))
        for _ in 0..<count { values.append(try each(&self)) }
        return values
    }

    /// Reads a flag and, if it is set, a value.
    @inlinable
    public mutating func optional<Value>(
        _ each: (inout ByteReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value? {
        try bool() ? try each(&self) : nil
    }

    /// Reads a list of strings.
    public mutating func strings() throws(RecordError) -> [String] {
        try list { (reader) throws(RecordError) in try reader.string() }
    }

    /// Reads a value by its own form.
    @inlinable
    public mutating func value<Value: ByteCodable>(_ type: Value.Type = Value.self) throws(RecordError) -> Value {
        try Value(from: &self)
    }

    /// Reads a list of values by their own form.
    @inlinable
    public mutating func values<Value: ByteCodable>(_ type: Value.Type = Value.self) throws(RecordError) -> [Value] {
        try list { (reader) throws(RecordError) in try reader.value() }
    }

    /// Reads a raw value of a closed enumeration.
    @inlinable
    public mutating func choice<Value: RawRepresentable>(_ type: Value.Type = Value.self) throws(RecordError) -> Value
    where Value.RawValue == UInt8 {
        let raw = try integer(UInt8.self)
        guard let value = Value(rawValue: raw) else {
            throw .malformed("\(raw) is no \(Value.self)", at: position - 1)
        }
        return value
    }

    /// Refuses bytes after the last value: whoever wrote them meant something that would be ignored.
    public func finish() throws(RecordError) {
        guard remaining == 0 else { throw .malformed("\(remaining) bytes follow the record", at: position) }
    }

    /// As `finish`, but lets zeros follow.
    mutating func finishPadding() throws(RecordError) {
        while remaining > 0, bytes[place] == 0 { place += 1 }
        try finish()
    }
}
