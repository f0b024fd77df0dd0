public import Kernel
public import Spooling

/// Where the last lines of an output begin.
public enum TailStart {
    private static let piece = 64 << 10

    /// The offset from which on there are at most `lines` lines. A line break at the very end begins no line.
    public static func offset(
        of lines: Int, _ source: SpoolSource, _ reader: SpoolReader
    ) throws(Errno) -> UInt64 {
        var end = try reader.tail(source, maxBytes: 1).totalBytes
        let total = end
        var left = lines
        while end > 0 {
            let start = end > UInt64(piece) ? end - UInt64(piece) : 0
            for slice in try slices(source, reader, start..<end).reversed() {
                for (place, byte) in slice.bytes.enumerated().reversed() where byte == UInt8(ascii: "\n") {
                    let after = slice.offset + UInt64(place) + 1
                    if after == total { continue }
                    left -= 1
                    if left == 0 { return after }
                }
                // What was dropped ends the search: there are no whole lines before it.
                if slice.droppedBytes > 0 { return slice.offset }
            }
            end = start
        }
        return 0
    }

    /// A piece ends before what was dropped, so one range can take two reads.
    private static func slices(
        _ source: SpoolSource, _ reader: SpoolReader, _ range: Range<UInt64>
    ) throws(Errno) -> [SpoolSlice] {
        var (slices, place): ([SpoolSlice], UInt64) = ([], range.lowerBound)
        while place < range.upperBound {
            let slice = try reader.read(source, offset: place, maxBytes: Int(range.upperBound - place))
            guard slice.nextOffset > place else { break }
            slices.append(slice)
            place = slice.nextOffset
        }
        return slices
    }
}
