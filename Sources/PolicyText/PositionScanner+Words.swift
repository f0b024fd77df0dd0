/// The words of TOML: keys, strings, plain values, comments (toml.io, version 1.0.0).
extension PositionScanner {
    func peek(_ ahead: Int = 0) -> UInt8? {
        place + ahead < bytes.count ? bytes[place + ahead] : nil
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        place += 1
        return true
    }

    func problem(_ text: String) -> SyntaxProblem {
        SyntaxProblem(offset: min(place, bytes.count), text: text)
    }

    mutating func skipSpaces() {
        while let byte = peek(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { place += 1 }
    }

    var atLineEnd: Bool {
        guard let byte = peek() else { return true }
        return byte == UInt8(ascii: "\n") || (byte == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n"))
    }

    /// Spaces, comments and ends of lines.
    mutating func skipBlankLines() throws(SyntaxProblem) {
        while true {
            skipSpaces()
            let comment = skipComment()
            guard peek() != nil else { return }
            if atLineEnd {
                place += peek() == UInt8(ascii: "\r") ? 2 : 1
            } else if comment || peek() == UInt8(ascii: "\r") {
                throw problem("a control character")
            } else {
                return
            }
        }
    }

    /// A comment up to the end of its line, or up to a control character in it.
    mutating func skipComment() -> Bool {
        guard peek() == UInt8(ascii: "#") else { return false }
        while let byte = peek(), !Self.isControl(byte) { place += 1 }
        return true
    }

    /// A bare or quoted key, and where it begins.
    mutating func key() throws(SyntaxProblem) -> (String, Int) {
        let start = place
        guard let byte = peek() else { throw problem("a key is missing") }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            guard peek(1) != byte || peek(2) != byte else { throw problem("a key can't be a string of several lines") }
            try skipString()
            return (byte == UInt8(ascii: "'") ? plain(start) : try unescaped(start), start)
        }
        while let byte = peek(), Self.isBareKey(byte) { place += 1 }
        guard place > start else { throw problem("a key or the name of a table begins here") }
        return (String(decoding: bytes[start..<place], as: UTF8.self), start)
    }

    /// A number, a truth value or a date. TOMLKit reads it; here it only has to look like one.
    mutating func skipScalar() throws(SyntaxProblem) {
        let start = place
        while let byte = peek(), Self.isBareKey(byte) || "+.:".utf8.contains(byte) { place += 1 }
        if peek() == UInt8(ascii: " "), place - start == 10, bytes[start + 4] == UInt8(ascii: "-"), let next = peek(1),
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
        {
            place += 1
            while let byte = peek(), Self.isBareKey(byte) || "+.:".utf8.contains(byte) { place += 1 }
        }
        let word = bytes[start..<place]
        guard let first = word.first else { throw problem("a value is missing") }
        let isNumber = "+-0123456789".utf8.contains(first)
        guard isNumber || ["true", "false", "inf", "nan"].contains(where: { word.elementsEqual($0.utf8) }) else {
            place = start
            throw problem("this is no value; text stands in double quotes")
        }
    }

    /// A string of any of the four kinds.
    mutating func skipString() throws(SyntaxProblem) {
        let start = place
        let quote = bytes[place]
        let isLong = peek(1) == quote && peek(2) == quote
        place += isLong ? 3 : 1
        while let byte = peek() {
            if byte == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
                place += isLong ? 3 : 1
                for _ in 0..<2 where isLong && peek() == quote { place += 1 }
                return
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try skipEscape()
            } else {
                try skipText(isLong)
            }
        }
        place = start
        throw problem("this string has no end")
    }

    private mutating func skipText(_ isLong: Bool) throws(SyntaxProblem) {
        if atLineEnd {
            guard isLong else { throw problem("this string has no end on its line") }
            place += peek() == UInt8(ascii: "\r") ? 2 : 1
        } else if Self.isControl(bytes[place]) {
            throw problem("a control character")
        } else {
            place += 1
        }
    }

    private mutating func skipEscape() throws(SyntaxProblem) {
        let letter = peek(1)
        guard let length = [UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][letter ?? 0] else {
            place += letter == nil ? 1 : 2
            return
        }
        guard place + 2 + length <= bytes.count else { throw problem("this string has no end") }
        let digits = String(decoding: bytes[place + 2..<place + 2 + length], as: UTF8.self)
        guard let number = UInt32(digits, radix: 16), Unicode.Scalar(number) != nil else {
            throw problem("this is no character")
        }
        guard number != 0 else { throw problem("a string may not contain a NUL") }
        place += 2 + length
    }

    private func plain(_ start: Int) -> String {
        String(decoding: bytes[(start + 1)..<(place - 1)], as: UTF8.self)
    }

    /// A quoted key with its escapes replaced.
    private func unescaped(_ start: Int) throws(SyntaxProblem) -> String {
        var text = ""
        var rest = plain(start).unicodeScalars[...]
        let letters: [Unicode.Scalar: Unicode.Scalar] = ["b": "\u{8}", "t": "\t", "n": "\n", "f": "\u{C}", "r": "\r"]
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let letter = rest.popFirst() else {
                text.unicodeScalars.append(scalar)
                continue
            }
            if letter == "u" || letter == "U" {
                let digits = rest.prefix(letter == "u" ? 4 : 8)
                rest = rest.dropFirst(digits.count)
                text.unicodeScalars.append(UInt32(String(digits), radix: 16).flatMap(Unicode.Scalar.init) ?? "?")
            } else {
                text.unicodeScalars.append(letters[letter] ?? letter)
            }
        }
        return text
    }

    static func isBareKey(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// What TOML forbids in text: control characters other than a tab.
    static func isControl(_ byte: UInt8) -> Bool {
        (byte < 0x20 && byte != UInt8(ascii: "\t")) || byte == 0x7F
    }
}
