internal import Records

/// A line and where it is, or will be.
struct AuditPlace {
    /// Bytes before it.
    let offset: UInt64
    /// Without its line break.
    let line: [UInt8]
    /// SHA-256 of the line.
    let hash: String

    init(offset: UInt64, line: [UInt8]) {
        (self.offset, self.line, hash) = (offset, line, SHA256.hexadecimal(line))
    }

    /// What is kept of it in the directory of the task whose end it tells.
    struct Note {
        let offset: UInt64
        let length: Int
        let hash: String

        /// Reads the note; nil for anything else.
        init?(bytes: [UInt8]) {
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let offset = UInt64(parts[0]), let length = Int(parts[1]), (0...1 << 24) ~= length,
                AuditHead.isHash(parts[2])
            else { return nil }
            (self.offset, self.length, hash) = (offset, length, String(parts[2]))
        }
    }

    /// The note of it.
    var note: [UInt8] { Array("\(offset) \(line.count) \(hash)".utf8) }
}
