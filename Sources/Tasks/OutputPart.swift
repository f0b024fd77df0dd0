public import JSON
public import Spooling

/// A piece of a task's output as callers get it.
public struct OutputPart: Sendable, Equatable {
    /// Whose offsets these are.
    public var source: SpoolSource
    /// The bytes and where they lie.
    public var slice: SpoolSlice
    /// Whether the bytes are given as they are, in base64, instead of as text.
    public var isRaw = false
    /// Whether a terminal wrote it, which puts a carriage return before each line feed: as text, a line just ends.
    public var isOfTerminal = false
    /// What is shown instead of the bytes; nil: they are.
    public private(set) var transcript: String?

    /// A piece of which another text is shown.
    ///
    /// - Parameters:
    ///   - used: How many of the slice's bytes the text stands for; the others are read next time.
    public init(_ source: SpoolSource, _ slice: SpoolSlice, used: Int, standingFor text: String) {
        (self.source, self.slice, transcript) = (source, slice, text)
        let left = slice.bytes.count - used
        // Half an event can't be read, however often one asks.
        hasMore = left > 0 ? slice.bytes[used...].contains(UInt8(ascii: "\n")) || slice.more : slice.more
        self.slice.nextOffset -= UInt64(left)
        self.slice.bytes.removeLast(left)
    }

    private var hasMore: Bool?
    /// Whether there is more to read now.
    public var more: Bool { hasMore ?? slice.more }

    /// A piece, cut so that no character is split.
    ///
    /// - Parameter isFinal: Whether nothing will follow, so that an incomplete character at the end is all there is.
    public init(_ source: SpoolSource, _ slice: SpoolSlice, isRaw: Bool, isFinal: Bool) {
        (self.source, self.slice, self.isRaw) = (source, slice, isRaw)
        guard !isRaw, slice.more || !isFinal else { return }
        let whole = OutputText.wholePrefix(slice.bytes)
        // Where nothing but the beginning of a character is left before a part that was dropped, it stays one: a reader
        // that waited for the rest would wait for ever.
        guard whole < slice.bytes.count, whole > 0 || !slice.more else { return }
        self.slice.nextOffset -= UInt64(slice.bytes.count - whole)
        self.slice.bytes.removeLast(slice.bytes.count - whole)
    }

    /// The bytes as text or in base64, or the text that stands for them.
    public var text: String {
        if let transcript { return transcript }
        guard !isRaw else { return Base64.text(slice.bytes) }
        return OutputText.visible(isOfTerminal ? OutputText.withoutReturns(slice.bytes) : slice.bytes)
    }

    private var encoding: String { transcript == nil ? isRaw ? "base64" : "text" : "transcript" }

    /// `output` of the task view.
    public var json: JSONObject {
        JSONObject(present: [
            "stream": .string(source.word), "text": .string(text), "encoding": .string(encoding),
            "offset": JSON(slice.offset), "next_offset": JSON(slice.nextOffset), "total_bytes": JSON(slice.totalBytes),
            "dropped_bytes": JSON(slice.droppedBytes), "more": .bool(more),
        ])
    }
}

extension SpoolSource {
    /// `stdout`, `stderr` or `both`.
    public var word: String {
        switch self {
        case .both: "both"
        case .stream(.stdout): "stdout"
        case .stream(.stderr): "stderr"
        }
    }

    /// The source of that word, or nil.
    public init?(word: String) {
        switch word {
        case "both": self = .both
        case "stdout": self = .stream(.stdout)
        case "stderr": self = .stream(.stderr)
        default: return nil
        }
    }
}
