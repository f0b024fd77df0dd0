extension JSONParser {
    /// Reads a string, from its opening quotation mark to its closing one.
    mutating func string() throws(JSONError) -> String {
        position += 1
        var run = position
        var unescaped: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw JSONError("a control character in a string", at: position) }
            position += 1
            guard byte == UInt8(ascii: "\\") else { continue }
            try append(run..<position - 1, to: &unescaped)
            try escape(to: &unescaped)
            run = position
        }
        guard next != nil else { throw unexpected("a quotation mark") }
        defer { position += 1 }
        if unescaped.isEmpty { return try text(run..<position) }
        try append(run..<position, to: &unescaped)
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// Checks the bytes between two escapes, each run for itself: an escape can't complete a broken character.
    private func append(_ range: Range<Int>, to unescaped: inout [UInt8]) throws(JSONError) {
        unescaped += try text(range).utf8
    }

    private func text(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw JSONError("bytes that are not UTF-8", at: firstInvalid(in: range))
        }
        return text
    }

    /// The place of the first byte that belongs to no character.
    private func firstInvalid(in range: Range<Int>) -> Int {
        var reader = Unicode.UTF8.ForwardParser()
        var rest = bytes[range].makeIterator()
        var offset = range.lowerBound
        while case .valid(let scalar) = reader.parseScalar(from: &rest) { offset += scalar.count }
        return offset
    }

    /// Reads what follows a backslash.
    private mutating func escape(to unescaped: inout [UInt8]) throws(JSONError) {
        guard let letter = next else { throw unexpected("an escape") }
        if letter == UInt8(ascii: "u") {
            unescaped += String(Character(try escapedScalar())).utf8
            return
        }
        guard let byte = Self.shortEscapes[letter] else { throw JSONError("an escape that JSON has not", at: position) }
        position += 1
        unescaped.append(byte)
    }

    private static let shortEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    /// Reads `uXXXX`, or two of them where the first is the high half of a pair.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), next == UInt8(ascii: "u") else { throw lone(at: start) }
        let second = try codeUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10 | UInt32(second - 0xDC00)))
        else { throw lone(at: start) }
        return scalar
    }

    private func lone(at offset: Int) -> JSONError {
        JSONError("half of a surrogate pair", at: offset - 1)
    }

    /// Reads `u` and four hexadecimal digits.
    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        position += 1
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
