extension JSON {
    /// The value as UTF-8 on one line: no byte in it ends a line.
    public var bytes: [UInt8] {
        var writer = JSONWriter(isPretty: false)
        writer.write(self)
        return writer.bytes
    }

    /// The value as text on one line.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The value as text for people, a member or element a line, indented by two spaces.
    public var prettyText: String {
        var writer = JSONWriter(isPretty: true)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Text of a value while it is written.
///
/// It calls itself for each level; values come from a parser with a limit or from our own code, neither of them deep.
private struct JSONWriter {
    let isPretty: Bool
    var bytes: [UInt8] = []
    var depth = 0

    init(isPretty: Bool) {
        self.isPretty = isPretty
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: put("null")
        case .bool(let value): put(value ? "true" : "false")
        case .integer(let value): put(String(value))
        case .number(let value): put(number: value)
        case .string(let value): put(quoted: value)
        case .array(let elements): list("[", elements, "]") { $0.write($1) }
        case .object(let object): list("{", object.members, "}") { $0.put($1) }
        }
    }

    /// Swift writes the shortest digits that read back as the same double, in JSON's own form.
    private mutating func put(number: Double) {
        precondition(number.isFinite, "JSON has no infinity and no NaN")
        put(String(number))
    }

    private mutating func put(_ member: JSONObject.Member) {
        put(quoted: member.key)
        put(isPretty ? ": " : ":")
        write(member.value)
    }

    private mutating func list<Element>(
        _ opening: String, _ elements: [Element], _ closing: String, put each: (inout Self, Element) -> Void
    ) {
        put(opening)
        depth += 1
        for (index, element) in elements.enumerated() {
            if index > 0 { put(",") }
            breakLine()
            each(&self, element)
        }
        depth -= 1
        if !elements.isEmpty { breakLine() }
        put(closing)
    }

    private mutating func breakLine() {
        guard isPretty else { return }
        put("\n")
        bytes += repeatElement(0x20, count: 2 * depth)
    }

    private mutating func put(_ text: String) {
        bytes += text.utf8
    }
}

// MARK: - Strings

extension JSONWriter {
    /// Copies the text in runs between what must be escaped.
    private mutating func put(quoted text: String) {
        var text = text
        put("\"")
        text.withUTF8 { put(escaping: $0) }
        put("\"")
    }

    /// Byte by byte, because texts can be a megabyte long, and nearly all of their bytes stand for themselves.
    private mutating func put(escaping text: UnsafeBufferPointer<UInt8>) {
        var (run, place) = (0, 0)
        while place < text.count {
            guard Self.canBeginEscaped(text[place]) else {
                place += 1
                continue
            }
            let scalar = Self.scalar(text, at: place)
            let next = place + UTF8.width(scalar)
            if let escape = Self.escape(scalar) {
                bytes += text[run..<place]
                put(escape)
                run = next
            }
            place = next
        }
        bytes += text[run...]
    }

    /// Whether a byte is what must be escaped, or the first one of it.
    private static func canBeginEscaped(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, 0x22, 0x5C, 0x7F, 0xC2, 0xE2: true
        default: false
        }
    }

    /// The character that begins at a place of text that is well-formed, as a string's always is.
    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> Unicode.Scalar {
        if text[place] < 0x80 { return Unicode.Scalar(text[place]) }
        var (decoder, rest) = (UTF8(), text[place...].makeIterator())
        guard case .scalarValue(let scalar) = decoder.decode(&rest) else { return "\u{fffd}" }
        return scalar
    }

    /// Besides what JSON asks for: a terminal acts on all control characters, and JavaScript on two separators.
    private static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x22: "\\\""
        case 0x5C: "\\\\"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029: codeUnit(scalar)
        default: nil
        }
    }

    private static func codeUnit(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
