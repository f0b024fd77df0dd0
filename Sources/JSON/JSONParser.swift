extension JSON {
    /// Reads one value from the whole of the bytes.
    ///
    /// Stricter than many: what two readers could understand differently is refused (duplicate names, invalid UTF-8,
    /// lone surrogates, a byte order mark, numbers beyond a double). An integer beyond 64 bits becomes a number.
    ///
    /// - Throws: ``JSONError`` with the place.
    ///
    /// Takes time linear in the bytes, and memory bounded by the limits.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
        guard bytes.count <= limits.bytes else {
            throw JSONError("more than \(limits.bytes) bytes", at: limits.bytes)
        }
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.document()
    }
}

/// The state of reading one text. It keeps the open arrays and objects in a list: the text can't make it call itself.
struct JSONParser {
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    private var open: [OpenContainer] = []

    init(bytes: [UInt8], limits: JSONLimits) {
        (self.bytes, self.limits) = (bytes, limits)
    }

    /// Reads the value and what surrounds it.
    mutating func document() throws(JSONError) -> JSON {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONError("a byte order mark", at: 0) }
        var finished: JSON?
        while finished == nil {
            finished = try close(scalarOrOpening())
        }
        skipSpace()
        guard position == bytes.count, let finished else { throw JSONError("more text after the value", at: position) }
        return finished
    }

    /// The next byte, or nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Steps over the byte if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Steps over the four characters that JSON has for space.
    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// What stands here instead of what was expected.
    func unexpected(_ expected: String) -> JSONError {
        JSONError(next == nil ? "the text ends before \(expected)" : "expected \(expected)", at: position)
    }
}

// MARK: - Containers

extension JSONParser {
    /// Reads a value; of an array or object only the opening, which gives nil unless it is empty.
    private mutating func scalarOrOpening() throws(JSONError) -> JSON? {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try begin(OpenContainer(isObject: true))
        case UInt8(ascii: "["): return try begin(OpenContainer(isObject: false))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func begin(_ container: OpenContainer) throws(JSONError) -> JSON? {
        guard open.count < limits.depth else {
            throw JSONError("arrays and objects within each other beyond \(limits.depth)", at: position)
        }
        position += 1
        skipSpace()
        if take(container.closing) { return container.value }
        open.append(container)
        if container.isObject { try memberName() }
        return nil
    }

    /// Puts a finished value where it belongs, and closes what ends with it.
    ///
    /// - Returns: the outermost value when it is complete.
    private mutating func close(_ value: JSON?) throws(JSONError) -> JSON? {
        guard var value else { return nil }
        while let last = open.indices.last {
            open[last].add(value)
            skipSpace()
            if take(UInt8(ascii: ",")) {
                if open[last].isObject { try memberName() }
                return nil
            }
            guard take(open[last].closing) else {
                throw unexpected(open[last].isObject ? "a comma or }" : "a comma or ]")
            }
            value = open.removeLast().value
        }
        return value
    }

    /// Reads a name and its colon.
    private mutating func memberName() throws(JSONError) {
        skipSpace()
        let start = position
        guard next == UInt8(ascii: "\"") else { throw unexpected("the name of a member") }
        let name = try string()
        guard open[open.count - 1].begin(name) else { throw JSONError("a member named twice", at: start) }
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unexpected("a colon") }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw unexpected("a value") }
        position += word.utf8.count
        return value
    }
}
