extension PatternParser {
    /// One item of a class: a character, which can begin or end a range, or a set, which can't.
    private enum Item {
        case character(Unicode.Scalar)
        case set(SymbolSet)
    }

    /// Reads `[...]`.
    mutating func characterClass() throws(PatternError) -> SymbolSet {
        let start = position
        position += 1
        let isNegated = take("^")
        var ranges: [ClosedRange<Symbol>] = []
        var isFirst = true
        // Directly after the opening ] is a character. Source: POSIX.1-2024, 9.3.5.
        while isFirst || next != "]" {
            ranges += try member(of: start)
            isFirst = false
        }
        position += 1
        var set = SymbolSet(ranges)
        if flags.ignoresCase { set = set.ignoringCase }
        if isNegated { set = set.inverted }
        guard !set.isEmpty else { throw error("this class matches nothing", at: start) }
        return set
    }

    /// A character, a range, or a set.
    private mutating func member(of start: Int) throws(PatternError) -> [ClosedRange<Symbol>] {
        let place = position
        let first: Unicode.Scalar
        switch try item(of: start) {
        case .set(let set): return set.ranges
        case .character(let scalar): first = scalar
        }
        let dash = position
        guard take("-") else { return [first.value...first.value] }
        // A dash at the end or before a set is a character.
        guard next != "]", case .character(let last) = try item(of: start) else {
            position = dash
            return [first.value...first.value]
        }
        guard first <= last else {
            throw error(
                "a range from \(PatternParser.shown(first)) to \(PatternParser.shown(last)) is the wrong way around",
                at: place)
        }
        return [first.value...last.value]
    }

    private mutating func item(of start: Int) throws(PatternError) -> Item {
        let place = position
        guard let scalar = next else {
            throw error("this class is not closed", at: start, remedy: "add ], or write \\[ for the character")
        }
        if scalar == "[" { return try bracket() }
        position += 1
        guard scalar == "\\" else { return .character(scalar) }
        return try classEscape(from: place)
    }

    private mutating func classEscape(from place: Int) throws(PatternError) -> Item {
        // A boundary has no width; within a class \b is a backspace everywhere.
        if take("b") { return .character("\u{08}") }
        if let letter = next, let set = classEscape(letter) {
            position += 1
            return .set(set)
        }
        return .character(try character(from: place))
    }

    /// `[:name:]`, or the character.
    private mutating func bracket() throws(PatternError) -> Item {
        let start = position
        position += 1
        guard next == ":" || next == "." || next == "=" else { return .character("[") }
        let name = text[(position + 1)...].prefix { SymbolSet.isWord($0) }
        let word = String(String.UnicodeScalarView(name))
        guard text[(position + 1 + name.count)...].starts(with: [text[position], "]"]) else { return .character("[") }
        guard text[position] == ":", let set = SymbolSet.named[word] else {
            throw error("there is no such set of characters", at: start, remedy: "such as [:alpha:] or [:digit:]")
        }
        position += name.count + 3
        return .set(set)
    }
}

extension SymbolSet {
    /// Whether it may be part of a name.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool { Neighbour(scalar.value) == .word }
}
