/// Names for which a policy's patterns stand and that were not there at the launch: nothing protected them.
public struct NewMatches: Sendable, Equatable {
    /// Absolute paths; of a name that is not UTF-8, U+FFFD stands for what is not.
    public var paths: [String]
    /// Why there may be more, or nil if these are all.
    public var cut: String?
    /// When somebody looked, in nanoseconds since 1970.
    public var lookedAt: Int64

    /// What was found.
    public init(paths: [String] = [], cut: String? = nil, lookedAt: Int64) {
        (self.paths, self.cut, self.lookedAt) = (paths, cut, lookedAt)
    }

    /// Whether there is nothing to tell.
    public var isEmpty: Bool { paths.isEmpty && cut == nil }
}

extension NewMatches: ByteCodable {
    /// The frame's magic.
    public static var magic: StaticString { "CSNM" }
    /// The newest version.
    public static var version: UInt16 { 1 }

    /// The record as it is stored.
    public var sealed: [UInt8] {
        var writer = ByteWriter()
        encode(to: &writer)
        return Envelope.seal(magic: Self.magic, version: Self.version, contents: writer.bytes)
    }

    /// Reads a record from its frame.
    public static func open(_ bytes: [UInt8]) throws(RecordError) -> NewMatches {
        var (_, reader) = try Envelope.open(magic: magic, newest: version, bytes: bytes)
        let record = try NewMatches(from: &reader)
        try reader.finish()
        return record
    }

    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(paths)
        writer.write(cut) { $0.write($1) }
        writer.write(lookedAt)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        paths = try reader.strings()
        cut = try reader.optional { (each) throws(RecordError) in try each.string() }
        lookedAt = try reader.integer()
    }
}
