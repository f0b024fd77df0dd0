/// A regular expression that is looked for in a stream, chunk after chunk, in time linear in its bytes.
///
/// The pattern and the stream may both be hostile. Each byte costs at most time in the size of the program, which has at
/// most 2,048 steps (2 to 5 ns a byte as a rule, 20 µs at the very worst: feed small chunks where others
/// wait); memory stays below 2 MiB; nothing calls itself deeper than groups may be nested.
///
/// The stream is read as UTF-8: a run of bytes that is none counts as one character, which `.` and negated classes match.
/// Classes such as `\w` are of ASCII. `^` and `$` are of lines; `$` stands also before a carriage return, because
/// terminals end lines with both. The first match is the one that ends first, so that greedy and lazy are the same.
public struct OutputPattern: Sendable {
    /// Bytes of a pattern at most.
    public static let longestText = 4096

    private var automaton: LazyAutomaton
    private var decoder = SymbolDecoder()
    /// The state of the automaton, or ``LazyAutomaton/matchedAfter`` from the match on.
    private var row = LazyAutomaton.unknown

    /// A pattern at the beginning of a stream.
    ///
    /// - Throws: ``PatternError`` for what is no pattern, is too large, or can't be matched in linear time.
    public init(_ text: String) throws(PatternError) {
        guard text.utf8.count <= OutputPattern.longestText else {
            throw PatternError(1, "the pattern is longer than \(OutputPattern.longestText) bytes")
        }
        var parser = PatternParser(text)
        automaton = LazyAutomaton(try PatternProgram(try parser.pattern()))
        reset()
    }

    /// Forgets what was fed.
    ///
    /// - Parameter previous: The byte before the first one that will be fed; nil at the beginning of the stream.
    public mutating func reset(after previous: UInt8? = nil) {
        decoder.reset()
        row = automaton.start(after: previous.map { Neighbour(Symbol($0)) } ?? .edge)
    }

    /// Reads the next bytes of the stream.
    ///
    /// - Returns: how many of them there are up to the end of the first match, 0 also where it is seen only now that it
    ///   ended with the last chunk; nil while there is none. After a match it is 0 until ``reset(after:)``.
    public mutating func feed(_ bytes: [UInt8]) -> Int? { feed(bytes.span) }

    /// Reads the next bytes of the stream, as ``feed(_:)-([UInt8])`` does.
    public mutating func feed(_ bytes: Span<UInt8>) -> Int? {
        if row == LazyAutomaton.matchedAfter { return 0 }
        var place = 0
        while place < bytes.count {
            let isFound =
                decoder.isBetween && bytes[place] < 0x80 ? readASCII(bytes, &place) : readForeign(bytes[place], &place)
            if isFound { return place }
        }
        return nil
    }

    /// Says that the stream has ended.
    ///
    /// - Returns: whether there was a match, or is one now that the end is known. The next stream begins with
    ///   ``reset(after:)``.
    public mutating func finish() -> Bool {
        if !decoder.isBetween {
            decoder.reset()
            advance(invalidSymbol)
        }
        if row != LazyAutomaton.matchedAfter, automaton.ends(row, before: .edge) { row = LazyAutomaton.matchedAfter }
        return row == LazyAutomaton.matchedAfter
    }

    /// Reads up to a byte outside of ASCII, the end, or a match, which is told.
    private mutating func readASCII(_ bytes: Span<UInt8>, _ place: inout Int) -> Bool {
        while true {
            place = automaton.run(bytes, from: place, &row)
            guard place < bytes.count, bytes[place] < 0x80 else { return false }
            let next = automaton.follow(row, automaton.alphabet.symbolClass(Symbol(bytes[place])))
            if next != LazyAutomaton.matchedBefore { place += 1 }
            row = max(next, LazyAutomaton.matchedAfter)
            if row == LazyAutomaton.matchedAfter { return true }
        }
    }

    /// Reads a byte of a character outside of ASCII, or sees that one was cut off; tells whether a match ended.
    private mutating func readForeign(_ byte: UInt8, _ place: inout Int) -> Bool {
        // What comes before the character must not wait for its last byte: that may come with a later chunk.
        if decoder.isBetween, automaton.endsBeforeForeign(row) {
            row = LazyAutomaton.matchedAfter
            return true
        }
        let step = decoder.take(byte)
        if step != .cut { place += 1 }
        switch step {
        case .more: return false
        case .symbol(let symbol): advance(symbol)
        case .cut: advance(invalidSymbol)
        }
        return row == LazyAutomaton.matchedAfter
    }

    /// Reads a symbol outside of ASCII, before which no match ended.
    private mutating func advance(_ symbol: Symbol) {
        row = automaton.follow(row, automaton.alphabet.symbolClass(symbol))
    }
}
