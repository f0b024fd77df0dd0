/// The frame of every record on disk and between processes: magic, version, length, contents, checksum.
///
/// A version names a form that never changes: readers keep the one before, so that an old monitor and a new front end
/// understand each other. The checksum finds torn and damaged files; it does not stop a forger, who can't write here.
public enum Envelope {
    /// How many bytes a frame has besides its contents.
    static let overhead = 18

    /// Wraps `contents` for a file or a descriptor.
    ///
    /// - Parameters:
    ///   - magic: Four bytes that name the kind of record.
    ///   - version: The form of the contents, 1 or more.
    public static func seal(magic: StaticString, version: UInt16, contents: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: contents.count + overhead)
        magic.withUTF8Buffer { for byte in $0 { writer.write(byte) } }
        writer.write(version)
        writer.write(contents)
        let sum = checksum(writer.bytes[...])
        writer.write(sum)
        return writer.bytes
    }

    /// Checks the frame and returns version and contents.
    public static func open(
        magic: StaticString, newest: UInt16, bytes: [UInt8]
    ) throws(RecordError) -> (version: UInt16, reader: ByteReader) {
        guard bytes.count >= overhead else { throw .truncated(at: bytes.count) }
        guard magic.withUTF8Buffer({ $0.elementsEqual(bytes.prefix(4)) }) else { throw .wrongMagic }
        var reader = ByteReader(bytes, 4..<bytes.count)
        let version = try reader.integer(UInt16.self)
        guard (1...newest).contains(version) else { throw .unknownVersion(version) }
        let contents = try reader.part()
        let sum = try reader.integer(UInt64.self)
        try reader.finish()
        guard sum == checksum(bytes[..<(bytes.count - 8)]) else { throw .damaged }
        return (version, contents)
    }

    /// FNV-1a over 64-bit words and then bytes: eight bytes a step, because a compiled policy is read at every launch.
    public static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { raw in
            var sum: UInt64 = 0xcbf2_9ce4_8422_2325
            var index = 0
            while index + 8 <= raw.count {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                sum = (sum ^ word) &* 0x0000_0100_0000_01b3
                sum ^= sum >> 29
                index += 8
            }
            while index < raw.count {
                sum = (sum ^ UInt64(raw[index])) &* 0x0000_0100_0000_01b3
                index += 1
            }
            return sum
        }
    }
}
