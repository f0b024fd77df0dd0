public import Records

/// A number of bytes, or of bytes a second where the name says so.
public struct ByteCount: Hashable, Comparable, ByteCodable, CustomStringConvertible {
    /// How many, 0 or more.
    public let bytes: UInt64

    /// A number of bytes.
    public init(_ bytes: UInt64) {
        self.bytes = bytes
    }

    /// A number of binary megabytes.
    public static func mebibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 20) }
    /// A number of binary gigabytes.
    public static func gibibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 30) }

    /// The smaller number comes first.
    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    /// As a policy file writes it, in the largest binary unit that loses nothing.
    public var description: String {
        for (shift, unit) in [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
        where bytes != 0 && bytes & ((1 << shift) - 1) == 0 {
            return "\(bytes >> shift) \(unit)"
        }
        return "\(bytes) B"
    }

    /// Writes the count.
    public func encode(to writer: inout ByteWriter) { writer.write(bytes) }

    /// Reads a count.
    public init(from reader: inout ByteReader) throws(RecordError) { bytes = try reader.integer() }
}

/// A length of time.
public struct TimeSpan: Hashable, Comparable, ByteCodable, CustomStringConvertible {
    /// How long, in nanoseconds; at most 292 years, so that it fits what the kernel counts in.
    public let nanoseconds: UInt64

    /// A length in nanoseconds.
    public init(nanoseconds: UInt64) {
        self.nanoseconds = min(nanoseconds, UInt64(Int64.max))
    }

    /// A number of seconds.
    public static func seconds(_ count: UInt64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000_000) }
    /// A number of minutes.
    public static func minutes(_ count: UInt64) -> TimeSpan { .seconds(count * 60) }

    /// The shorter one comes first.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }

    /// As a policy file writes it, in the largest unit that loses nothing.
    public var description: String { DurationText.exact(nanoseconds) }

    /// Writes the nanoseconds.
    public func encode(to writer: inout ByteWriter) { writer.write(nanoseconds) }

    /// Reads the nanoseconds.
    public init(from reader: inout ByteReader) throws(RecordError) {
        self.init(nanoseconds: try reader.integer())
    }
}

/// A share of the processor, in thousandths of a core.
public struct CoreCount: Hashable, Comparable, ByteCodable, CustomStringConvertible {
    /// Thousandths of a core, 1 or more: 2000 is two cores.
    public let thousandths: UInt64

    /// A number of thousandths.
    public init(thousandths: UInt64) {
        self.thousandths = thousandths
    }

    /// The smaller share comes first.
    public static func < (left: CoreCount, right: CoreCount) -> Bool { left.thousandths < right.thousandths }

    /// As a policy file writes it: "2.0", "0.25".
    public var description: String {
        var digits = String(thousandths % 1000)
        digits = String(repeating: "0", count: 3 - digits.count) + digits
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        return "\(thousandths / 1000).\(digits)"
    }

    /// Writes the thousandths.
    public func encode(to writer: inout ByteWriter) { writer.write(thousandths) }

    /// Reads the thousandths.
    public init(from reader: inout ByteReader) throws(RecordError) { thousandths = try reader.integer() }
}
