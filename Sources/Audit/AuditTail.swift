internal import Kernel
internal import Records

/// The end of a log as it is on disk: its last whole line, and the bytes after it.
struct AuditTail {
    /// Number of the last whole line, or of the last one that has a number; 0: there is none.
    private(set) var seq: UInt64 = 0
    /// The hash of the last whole line.
    private(set) var hash = AuditHead.zeros
    /// Bytes up to and with the last whole line.
    private(set) var size: UInt64 = 0
    /// What comes after it: a part of a line.
    private(set) var rest: [UInt8] = []

    private static let step: UInt64 = 256 << 10

    init(_ log: Int32, size whole: UInt64) throws(Errno) {
        var (start, bytes) = (whole, [UInt8]())
        // Backwards, until a whole line with a number is there: what is no line is passed over.
        while start > 0 {
            let from = start > Self.step ? start - Self.step : 0
            bytes = try Transfer.read(log, at: from, count: Int(start - from)) + bytes
            start = from
            if find(bytes, start, isWhole: start == 0) { return }
        }
    }

    /// - Parameter isWhole: Whether the bytes are the whole log.
    private mutating func find(_ bytes: [UInt8], _ start: UInt64, isWhole: Bool) -> Bool {
        let lineBreak = UInt8(ascii: "\n")
        guard let last = bytes.lastIndex(of: lineBreak) else {
            if isWhole { rest = bytes }
            return isWhole
        }
        var (end, isLast) = (last, true)
        while true {
            let begin = bytes[..<end].lastIndex(of: lineBreak).map { $0 + 1 }
            guard let begin = begin ?? (isWhole ? 0 : nil) else { return false }
            let line = bytes[begin..<end]
            if isLast {
                (hash, size) = (SHA256.hexadecimal(Array(line)), start + UInt64(last) + 1)
                rest = Array(bytes[(last + 1)...])
                isLast = false
            }
            if let place = AuditLine.place(line) {
                seq = place.seq
                return true
            }
            guard begin > 0 else { return true }
            end = begin - 1
        }
    }
}
