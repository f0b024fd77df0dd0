extension PatternParser {
    /// Reads an escape outside of a class.
    mutating func escape() throws(PatternError) -> PatternNode {
        let start = position
        position += 1
        guard let letter = next else { throw error("the pattern ends in \\", at: start, remedy: "write \\\\ for it") }
        if let assertion = PatternParser.assertions[letter] {
            position += 1
            return .assertion(assertion)
        }
        if ("1"..."9").contains(letter) || letter == "k" || letter == "g" {
            throw error(
                "\\\(letter) refers back to a group, which can't be matched in one pass", at: start,
                remedy: "write the text itself once more")
        }
        if let set = classEscape(letter) {
            position += 1
            return .symbols(set)
        }
        return .symbols(literal(try character(from: start)))
    }

    private static let assertions: [Unicode.Scalar: Assertion] = [
        "A": .streamStart, "z": .streamEnd, "b": .wordBoundary, "B": .noWordBoundary,
    ]

    /// The set that a letter after `\` stands for, if it is one of those.
    func classEscape(_ letter: Unicode.Scalar) -> SymbolSet? {
        switch letter {
        case "d": .digits
        case "w": .word
        case "s": .space
        case "D": SymbolSet.digits.inverted
        case "W": SymbolSet.word.inverted
        case "S": SymbolSet.space.inverted
        default: nil
        }
    }

    private static let controls: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "t": "\t", "r": "\r", "f": "\u{0C}", "v": "\u{0B}", "a": "\u{07}", "e": "\u{1B}",
    ]

    /// Reads the rest of an escape that stands for one character, from the letter on.
    mutating func character(from start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let letter = next else { throw error("the pattern ends in \\", at: start, remedy: "write \\\\ for it") }
        position += 1
        if let control = PatternParser.controls[letter] { return control }
        switch letter {
        case "0": return try scalar(octal(), from: start)
        case "x": return try take("{") ? braced(from: start) : scalar(hex(2, from: start), from: start)
        case "u": return try take("{") ? braced(from: start) : scalar(hex(4, from: start), from: start)
        default: return try punctuation(letter, from: start)
        }
    }

    private func punctuation(_ letter: Unicode.Scalar, from start: Int) throws(PatternError) -> Unicode.Scalar {
        guard letter.value > 0x7F || !SymbolSet.isWord(letter) || letter == "_" else {
            throw error(
                "\\\(letter) is not known", at: start,
                remedy: "known are \\d \\w \\s \\b \\n \\t \\r \\e \\xHH \\u{...} and \\ before a sign")
        }
        return letter
    }

    /// At most two digits more: `\033`.
    private mutating func octal() -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<2 {
            guard let digit = next, ("0"..."7").contains(digit) else { break }
            value = value * 8 + digit.value - 0x30
            position += 1
        }
        return value
    }

    private mutating func hex(_ count: Int, from start: Int) throws(PatternError) -> UInt32 {
        let digits = String(String.UnicodeScalarView(text[position...].prefix(count)))
        guard digits.utf8.count == count, let value = UInt32(digits, radix: 16), !digits.hasPrefix("+") else {
            throw error("\\\(text[start + 1]) needs \(count) hexadecimal digits", at: start, remedy: "or \\u{...}")
        }
        position += count
        return value
    }

    /// After the opening brace.
    private mutating func braced(from start: Int) throws(PatternError) -> Unicode.Scalar {
        let digits = String(String.UnicodeScalarView(text[position...].prefix { $0 != "}" }.prefix(9)))
        position += digits.unicodeScalars.count
        guard let value = UInt32(digits, radix: 16), !digits.hasPrefix("+"), take("}") else {
            throw error("a number in hexadecimal digits and } must follow", at: start, remedy: "write \\u{1F600}")
        }
        return try scalar(value, from: start)
    }

    private func scalar(_ value: UInt32, from start: Int) throws(PatternError) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else {
            throw error("this is not the number of a character", at: start)
        }
        return scalar
    }
}
