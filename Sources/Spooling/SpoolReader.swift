internal import Glibc
public import Kernel

/// Which bytes a reader asks for.
public enum SpoolSource: Sendable, Equatable {
    /// One stream, by its own offsets.
    case stream(SpoolStream)
    /// Both, in the order in which the monitor read them.
    case both
}

/// A piece of the record.
public struct SpoolSlice: Sendable, Equatable {
    /// The bytes as the task wrote them.
    public var bytes: [UInt8]
    /// Where they begin.
    public var offset: UInt64
    /// Where the next read goes on.
    public var nextOffset: UInt64
    /// Bytes of the source so far.
    public var totalBytes: UInt64
    /// Bytes between the asked offset and `nextOffset` that were not kept.
    public var droppedBytes: UInt64
    /// Whether there is more at `nextOffset` already.
    public var more: Bool { nextOffset < totalBytes }
}

/// Reads the record of a task, while it is written and after any crash. It never writes and never waits.
public struct SpoolReader: Sendable {
    private let directory: Int32
    private let layout: SpoolLayout

    /// A reader.
    ///
    /// - Parameters:
    ///   - directory: The task's directory; borrowed for the life of the reader.
    ///   - limit: The limit with which the record is written.
    public init(directory: Int32, limit: UInt64) {
        self.directory = directory
        layout = SpoolLayout(limit: limit)
    }

    /// Bytes so far: of standard output, of standard error.
    public func totals() throws(Errno) -> (stdout: UInt64, stderr: UInt64) {
        guard let index = try OrderIndex.open(directory) else { return (0, 0) }
        return (index.last.stdout + index.lost.stdout, index.last.stderr + index.lost.stderr)
    }

    /// The bytes from `offset` on.
    ///
    /// A read that begins in a dropped part skips it and says how much it skipped; one that reaches a dropped part ends
    /// before it.
    ///
    /// - Parameters:
    ///   - offset: 0 or more; beyond the end the slice is empty.
    ///   - maxBytes: At most so many, 1 or more.
    public func read(_ source: SpoolSource, offset: UInt64, maxBytes: Int) throws(Errno) -> SpoolSlice {
        guard let index = try OrderIndex.open(directory) else { return SpoolReader.end(offset, total: 0, lost: 0) }
        switch source {
        case .stream(let stream): return try readStream(stream, offset, maxBytes, index)
        case .both: return try readBoth(offset, maxBytes, index)
        }
    }

    /// The last bytes of a source.
    public func tail(_ source: SpoolSource, maxBytes: Int) throws(Errno) -> SpoolSlice {
        let totals = try totals()
        let total =
            switch source {
            case .both: totals.stdout + totals.stderr
            case .stream(let stream): stream == .stdout ? totals.stdout : totals.stderr
            }
        return try read(source, offset: total > UInt64(maxBytes) ? total - UInt64(maxBytes) : 0, maxBytes: maxBytes)
    }

    /// At the end of what was stored; what the disk refused lies behind it.
    private static func end(_ offset: UInt64, total: UInt64, lost: UInt64) -> SpoolSlice {
        let skipped = offset < total ? min(lost, total - offset) : 0
        return SpoolSlice(
            bytes: [], offset: offset, nextOffset: max(offset, min(total, offset + skipped)), totalBytes: total,
            droppedBytes: skipped)
    }

    // MARK: one stream

    private func readStream(
        _ stream: SpoolStream, _ offset: UInt64, _ maxBytes: Int, _ index: OrderIndex
    ) throws(Errno) -> SpoolSlice {
        let (total, lost) = (index.last[stream], index.lost[stream])
        guard offset < total else { return SpoolReader.end(offset, total: total + lost, lost: lost) }
        let (start, bytes) = try keptBytes(stream, offset, maxBytes, end: total)
        return SpoolSlice(
            bytes: bytes, offset: start, nextOffset: start + UInt64(bytes.count), totalBytes: total + lost,
            droppedBytes: start - offset)
    }

    /// Kept bytes of a stream from `offset`, or from the first kept one after it, up to `end` or the next gap.
    private func keptBytes(
        _ stream: SpoolStream, _ offset: UInt64, _ maxBytes: Int, end: UInt64
    ) throws(Errno) -> (start: UInt64, bytes: [UInt8]) {
        while true {
            let gap = try OrderIndex.open(directory)?.gap(stream, layout)
            var start = offset
            if let gap, gap.contains(start) { start = gap.upperBound }
            guard start < end else { return (end, []) }
            var stop = min(end, start + UInt64(maxBytes))
            if let gap, start < gap.lowerBound { stop = min(stop, gap.lowerBound) }
            let bytes = try stored(stream, start..<stop)
            // A power failure can take what the order promised; what is behind it may be there.
            if bytes.isEmpty { return (stop, []) }
            // The ring moved on while it was read: what was read may be newer than it should be.
            if let moved = try OrderIndex.open(directory)?.gap(stream, layout), moved.overlaps(start..<stop) {
                continue
            }
            return (start, bytes)
        }
    }

    /// What is there from the beginning of a range, at most the range.
    private func stored(_ stream: SpoolStream, _ range: Range<UInt64>) throws(Errno) -> [UInt8] {
        let head = layout.head(stream)
        var bytes: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            let inHead = place < head
            let position = inHead ? place : (place - head) % layout.ring(stream)
            let room = inHead ? head - place : layout.ring(stream) - position
            let count = Int(min(room, range.upperBound - place))
            let part = try piece("\(stream.prefix).\(inHead ? "head" : "tail")", at: position, count)
            guard !part.isEmpty else { break }
            bytes.append(contentsOf: part)
            place += UInt64(part.count)
        }
        return bytes
    }

    private func piece(_ name: String, at position: UInt64, _ count: Int) throws(Errno) -> [UInt8] {
        do throws(Errno) {
            let file = try Files.open(name, O_RDONLY, at: directory)
            return try Transfer.read(file.number, at: position, count: count)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return []
        }
    }

    // MARK: both streams

    private func readBoth(
        _ offset: UInt64, _ maxBytes: Int, _ index: OrderIndex
    ) throws(Errno) -> SpoolSlice {
        let (total, lost) = (index.last.both, index.lost.both)
        guard offset < total else { return SpoolReader.end(offset, total: total + lost, lost: lost) }
        var slice = SpoolSlice(
            bytes: [], offset: offset, nextOffset: offset, totalBytes: total + lost, droppedBytes: 0)
        var number = try index.segment(at: offset)
        while slice.nextOffset < total, slice.bytes.count < maxBytes {
            let segment = try index.segment(number)
            guard try extend(&slice, by: segment, maxBytes) else { break }
            if slice.nextOffset >= segment.range.upperBound { number += 1 }
        }
        return slice
    }

    /// Adds what a segment has; false if the slice must end before it.
    private func extend(_ slice: inout SpoolSlice, by segment: OrderIndex.Segment, _ maxBytes: Int) throws(Errno)
        -> Bool
    {
        let skipped = slice.nextOffset - segment.range.lowerBound
        let left = segment.range.upperBound - slice.nextOffset
        let from = segment.streamStart + skipped
        var (start, bytes) = (from + left, [UInt8]())
        if let stream = segment.stream {
            (start, bytes) = try keptBytes(stream, from, maxBytes - slice.bytes.count, end: from + left)
        }
        let gap = start - from
        if gap > 0, !slice.bytes.isEmpty { return false }
        slice.droppedBytes += gap
        if slice.bytes.isEmpty { slice.offset = slice.nextOffset + gap }
        slice.nextOffset += gap + UInt64(bytes.count)
        slice.bytes.append(contentsOf: bytes)
        return true
    }
}
