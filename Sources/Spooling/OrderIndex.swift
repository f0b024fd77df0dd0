internal import Glibc
internal import Kernel

/// The order of a record, as far as it is whole at this moment.
final class OrderIndex {
    /// A run of bytes of one stream.
    struct Segment {
        /// Nil where the order is no longer known: the bytes can only be read by stream.
        var stream: SpoolStream?
        /// Its place in the common order.
        var range: Range<UInt64>
        /// The offset in its stream at which it begins.
        var streamStart: UInt64
    }

    private let file: Descriptor
    private let count: Int
    /// Totals of the last whole record.
    let last: StreamTotals
    /// What the disk refused; known at the end.
    let lost: StreamTotals
    /// The last record stays torn: how far the rings have turned is not known.
    private let isTorn: Bool

    /// Nil while nothing has been printed.
    static func open(_ directory: Int32) throws(Errno) -> OrderIndex? {
        do {
            return try OrderIndex(try Files.open("order", O_RDONLY, at: directory))
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return nil
        }
    }

    private init(_ file: consuming Descriptor) throws(Errno) {
        let records = max(0, Int(try FileStatus.of(file.number).size) / StreamTotals.size - 1)
        let (number, found) = try OrderIndex.lastWhole(file.number, records)
        count = number
        last = found ?? StreamTotals()
        isTorn = number < records
        lost = records > 0 ? try OrderIndex.record(file.number, -1) ?? StreamTotals() : StreamTotals()
        self.file = file
    }

    /// The last record that is whole, and its number, counted from 1. The last of all is written in place while its stream goes
    /// on, and is whole a moment later; those before it are whole, or damaged for ever.
    private static func lastWhole(_ file: Int32, _ records: Int) throws(Errno) -> (number: Int, record: StreamTotals?) {
        guard records > 0 else { return (0, nil) }
        if let last = try record(file, records - 1, attempts: 100) { return (records, last) }
        var number = records - 1
        while number > 0 {
            // A power failure can leave a long end of zeros.
            let first = max(0, number - piece)
            let place = UInt64((first + 1) * StreamTotals.size)
            let bytes = try Transfer.read(file, at: place, count: (number - first) * StreamTotals.size)
            for index in (first..<number).reversed() {
                let start = (index - first) * StreamTotals.size
                guard start + StreamTotals.size <= bytes.count else { continue }
                if let found = StreamTotals(bytes: bytes[start..<start + StreamTotals.size]) {
                    return (index + 1, found)
                }
            }
            number = first
        }
        return (0, nil)
    }

    private static let piece = 2048

    /// Nil if the record is torn.
    private static func record(_ file: Int32, _ number: Int, attempts: Int = 1) throws(Errno) -> StreamTotals? {
        for _ in 0..<attempts {
            let place = UInt64((number + 1) * StreamTotals.size)
            let bytes = try Transfer.read(file, at: place, count: StreamTotals.size)
            if let totals = StreamTotals(bytes: bytes[...]) { return totals }
            sched_yield()
        }
        return nil
    }

    /// The offsets of a stream that can't be read, between its beginning and its end.
    func gap(_ stream: SpoolStream, _ layout: SpoolLayout) -> Range<UInt64>? {
        let (total, head) = (last[stream], layout.head(stream))
        guard isTorn, total > head else { return layout.gap(stream, total: total) }
        return head..<total
    }

    private func totals(_ number: Int) throws(Errno) -> StreamTotals {
        if number < 0 { return StreamTotals() }
        if number >= count - 1 { return last }
        guard let totals = try OrderIndex.record(file.number, number) else { throw Errno(rawValue: EIO) }
        return totals
    }

    /// The number of the segment that holds an offset of the common order.
    func segment(at offset: UInt64) throws(Errno) -> Int {
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high) / 2
            if try totals(middle).both > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// A segment by its number.
    func segment(_ number: Int) throws(Errno) -> Segment {
        let (before, after) = (try totals(number - 1), try totals(number))
        let streams = SpoolStream.allCases.filter { before[$0] != after[$0] }
        let stream = streams.count == 1 ? streams.first : nil
        return Segment(
            stream: stream, range: before.both..<after.both, streamStart: stream.map { before[$0] } ?? before.both)
    }
}
