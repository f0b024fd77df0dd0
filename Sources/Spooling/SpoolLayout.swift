// What a task printed, in its directory. Nothing is there before the first byte.
//
//   out.head, err.head   the first bytes of a stream, by their offset in it
//   out.tail, err.tail   a ring: byte `offset` lies at (offset - head) % ring; the last `tail` bytes are kept
//   order                records of 32 bytes, each two counts, a check and 8 bytes of zeros: none lies across two pages.
//                        The first: how many bytes of each stream the disk refused, zeros until the end; written with the
//                        second one, because a full disk takes no new file. The others, oldest first: how many bytes of
//                        each stream had been read in all
//
// Consecutive records differ in one stream: that is the order in which the monitor read. While one stream goes on, its last
// record is written again in place. Data is written before the record that promises it, and the ring is one append
// larger than what it promises, so that a reader never sees a byte that is not the one it asked for: it reads the
// record, the bytes, and the record again. A torn record fails its check; the one before it holds for the heads, but
// what the rings hold by then is not known.

/// One of the two streams that a task writes.
public enum SpoolStream: Int, Sendable, CaseIterable {
    case stdout = 0
    case stderr = 1

    var prefix: String { self == .stdout ? "out" : "err" }
}

/// How many bytes of each stream had been read at some moment.
struct StreamTotals: Equatable {
    var stdout: UInt64 = 0
    var stderr: UInt64 = 0

    var both: UInt64 { stdout + stderr }

    subscript(stream: SpoolStream) -> UInt64 {
        get { stream == .stdout ? stdout : stderr }
        set { if stream == .stdout { stdout = newValue } else { stderr = newValue } }
    }
}

extension StreamTotals {
    static let size = 32

    private var check: UInt64 { (stdout &* 0x9e37_79b9_7f4a_7c15) ^ (stderr &* 0xc2b2_ae3d_27d4_eb4f) ^ 0x43_5350_4f4c }

    var bytes: [UInt8] {
        [stdout, stderr, check, 0].flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    }

    /// Nil if the bytes are torn.
    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == StreamTotals.size else { return nil }
        let words = bytes.withUnsafeBytes { raw in
            (0..<4).map { UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        (stdout, stderr) = (words[0], words[1])
        guard check == words[2], words[3] == 0 else { return nil }
    }
}

/// The sizes that follow from the limit of the record.
struct SpoolLayout: Equatable {
    /// No append is larger.
    static let largestAppend = 64 << 10

    let limit: UInt64

    /// Standard error has a quarter of its own, so that noise on one stream can't push out the other.
    func share(_ stream: SpoolStream) -> UInt64 { stream == .stderr ? limit / 4 : limit - limit / 4 }

    func head(_ stream: SpoolStream) -> UInt64 { share(stream) / 2 }

    func tail(_ stream: SpoolStream) -> UInt64 { share(stream) - head(stream) }

    func ring(_ stream: SpoolStream) -> UInt64 { tail(stream) + UInt64(SpoolLayout.largestAppend) }

    /// Records of the order; beyond it streams can still be read one by one, but not in their common order.
    var orderRecords: UInt64 { max(1024, limit / 256) }

    /// The offsets that were dropped in between, if any.
    func gap(_ stream: SpoolStream, total: UInt64) -> Range<UInt64>? {
        let (first, kept) = (head(stream), tail(stream))
        guard total > first + kept else { return nil }
        return first..<(total - kept)
    }
}
