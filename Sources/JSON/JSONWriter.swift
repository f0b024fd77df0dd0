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
        put("\"")
        var run = text.startIndex
        for index in text.unicodeScalars.indices {
            guard let escape = Self.escape(text.unicodeScalars[index]) else { continue }
            bytes += text.utf8[run..<index]
            put(escape)
            run = text.unicodeScalars.index(after: index)
        }
        bytes += text.utf8[run...]
        put("\"")
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
