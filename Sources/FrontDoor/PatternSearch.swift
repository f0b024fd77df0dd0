internal import Kernel
internal import Patterns
internal import Spooling
internal import Tasks

/// Looks for a pattern in a task's output, from where a reading begins, over whatever is printed until it is found.
struct PatternSearch {
    private var pattern: OutputPattern
    private var place: UInt64
    private let source: SpoolSource
    /// Whether it was found.
    private(set) var isFound = false

    /// At most so many bytes are searched at a time: other calls have their turn.
    private static let piece = 256 << 10

    /// A search that begins at an offset.
    ///
    /// - Throws: `PatternError` with the column of what is wrong.
    init(_ text: String, _ source: SpoolSource, from place: UInt64) throws(PatternError) {
        pattern = try OutputPattern(text)
        (self.source, self.place) = (source, place)
    }

    /// Searches what has been recorded since the last time.
    ///
    /// - Returns: Whether there is more to search at once.
    mutating func advance(_ reader: SpoolReader, isFinal: Bool) throws(Errno) -> Bool {
        guard !isFound else { return false }
        let slice = try reader.read(source, offset: place, maxBytes: Self.piece)
        // What was dropped can't be matched across.
        if slice.droppedBytes > 0 { pattern.reset() }
        isFound = pattern.feed(slice.bytes) != nil
        place = slice.nextOffset
        if !isFound, !slice.more, isFinal { isFound = pattern.finish() }
        return !isFound && slice.more
    }
}
