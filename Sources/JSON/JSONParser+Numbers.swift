extension JSONParser {
    /// Reads a number: no leading zero, no plus sign, nothing but decimal digits (RFC 8259, section 6).
    mutating func number() throws(JSONError) -> JSON {
        let start = position
        var isInteger = true
        let isNegative = take(UInt8(ascii: "-"))
        let first = position
        try digits(isNegative ? "a digit" : "a value")
        if position > first + 1, bytes[first] == UInt8(ascii: "0") { throw JSONError("a leading zero", at: first) }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits("a digit")
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits("a digit")
        }
        return try value(of: start..<position, isInteger: isInteger)
    }

    /// Steps over one digit or more.
    private mutating func digits(_ expected: String) throws(JSONError) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw unexpected(expected) }
    }

    private func value(of range: Range<Int>, isInteger: Bool) throws(JSONError) -> JSON {
        guard range.count <= limits.numberBytes else {
            throw JSONError("a number of more than \(limits.numberBytes) bytes", at: range.lowerBound)
        }
        let text = String(decoding: bytes[range], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw JSONError("a number that no double can hold", at: range.lowerBound)
        }
        return .number(number)
    }
}
