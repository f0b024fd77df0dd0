internal import Records

/// How far the log is written: its last line. Kept beside the log, and told by whoever appends.
public struct AuditHead: Sendable, Equatable {
    /// Number of the last line; 0: there is none.
    public var seq: UInt64
    /// SHA-256 of the last line without its line break, 64 hexadecimal digits; zeros before the first line.
    public var hash: String
    /// Bytes of the log up to and with that line.
    public var size: UInt64
    /// The kernel's boot id when it was written.
    public var bootID: String

    /// The hash that the first line names as the one before.
    public static let zeros = String(repeating: "0", count: 64)

    /// No line has this number or one above it: whoever writes one down must not make the next one overflow.
    static let numbers = UInt64(Int64.max) - 1

    /// A place in a log.
    public init(seq: UInt64, hash: String, size: UInt64, bootID: String) {
        (self.seq, self.hash, self.size, self.bootID) = (seq, hash, size, bootID)
    }

    /// The head of a log without a line.
    static func empty(bootID: String) -> AuditHead { AuditHead(seq: 0, hash: zeros, size: 0, bootID: bootID) }

    /// The file's contents: always as many bytes, so that it is overwritten in one write.
    var bytes: [UInt8] {
        Array("\(Self.magic) \(Self.padded(seq)) \(Self.padded(size)) \(hash) \(bootID)\n".utf8)
    }

    /// Reads the file's contents; nil for anything else.
    init?(bytes: [UInt8]) {
        guard bytes.last == UInt8(ascii: "\n") else { return nil }
        let parts = bytes.dropLast().split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 5, parts[0] == Self.magic, let seq = UInt64(parts[1]), let size = UInt64(parts[2]),
            seq < Self.numbers, AuditHead.isHash(parts[3])
        else { return nil }
        self.init(seq: seq, hash: parts[3], size: size, bootID: parts[4])
        guard self.bytes == bytes else { return nil }
    }

    static func isHash(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy(Hexadecimal.isDigit)
    }

    private static let magic = "caisson-audit-head-1"

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}
