public import Kernel
public import Spooling

/// Where the last lines of an output begin.
public enum TailStart {
    private static let piece = 64 << 10

    /// The offset from which on there are at most `lines` lines. A line break at the very end begins no line.
    ///
    /// - Parameter limit: So many last bytes are searched; lines that begin before them begin with them.
    public static func offset(
        of lines: Int, _ source: SpoolSource, _ reader: SpoolReader, within limit: UInt64 = .max
    ) throws(Errno) -> UInt64 {
        let total = try reader.tail(source, maxBytes: 1).totalBytes
        let first = total > limit ? total - limit : 0
        guard lines > 0 else { return total }
        var (end, left) = (total, lines)
        while end > first {
            let start = max(first, end > UInt64(piece) ? end - UInt64(piece) : 0)
            for slice in try slices(source, reader, start..<end).reversed() {
                // Nothing of the range was kept.
                if slice.offset >= end { return slice.offset }
                for (place, byte) in slice.bytes.enumerated().reversed() where byte == UInt8(ascii: "\n") {
                    let after = slice.offset + UInt64(place) + 1
                    if after == total { continue }
                    left -= 1
                    if left == 0 { return after }
                }
                // What was dropped ends the search: there are no whole lines before it. (What the disk refused lies at the
                // very end, and has no bytes behind it.)
                if slice.droppedBytes > 0, !slice.bytes.isEmpty { return slice.offset }
            }
            end = start
        }
        return first
    }

    /// A piece ends before what was dropped, so one range can take two reads.
    private static func slices(
        _ source: SpoolSource, _ reader: SpoolReader, _ range: Range<UInt64>
    ) throws(Errno) -> [SpoolSlice] {
        var (slices, place): ([SpoolSlice], UInt64) = ([], range.lowerBound)
        while place < range.upperBound {
            var slice = try reader.read(source, offset: place, maxBytes: Int(range.upperBound - place))
            guard slice.nextOffset > place else { break }
            place = slice.nextOffset
            // Behind a dropped part a read goes beyond the range, into what has been searched already.
            if place > range.upperBound {
                slice.bytes.removeLast(min(slice.bytes.count, Int(place - range.upperBound)))
            }
            slices.append(slice)
        }
        return slices
    }
}
