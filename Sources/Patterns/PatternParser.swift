/// Reads the text of a pattern.
///
/// What would change its meaning where it is not understood is refused, never skipped.
struct PatternParser {
    /// Groups within each other: reading and compiling call themselves once for each.
    static let deepestGroup = 50

    let text: [Unicode.Scalar]
    var position = 0
    var flags = PatternFlags()
    private var depth = 0

    init(_ text: String) {
        self.text = Array(text.unicodeScalars)
    }

    /// Reads the whole text.
    mutating func pattern() throws(PatternError) -> PatternNode {
        let node = try choice()
        guard next == nil else {
            throw error("this ) closes no group", remedy: "write \\) for the character")
        }
        return node
    }

    /// The next character, or nil at the end.
    var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

    /// Steps over the words if they come next.
    mutating func take(_ expected: String) -> Bool {
        guard text[position...].starts(with: expected.unicodeScalars) else { return false }
        position += expected.unicodeScalars.count
        return true
    }

    /// A problem at a place; at the next character without one.
    func error(_ problem: String, at place: Int? = nil, remedy: String? = nil) -> PatternError {
        PatternError((place ?? position) + 1, problem, remedy: remedy)
    }

    /// A character in a message.
    static func shown(_ scalar: Unicode.Scalar) -> String {
        (0x21...0x7E).contains(scalar.value) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }

    // MARK: the levels of the syntax

    /// Branches up to the end of the group.
    private mutating func choice() throws(PatternError) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return .anyOf(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let start = position
            let part = try part(scalar)
            parts.append(try repeated(part, from: start))
        }
        return .joined(parts)
    }

    /// Nil: flags, which are no part of the text.
    private mutating func part(_ scalar: Unicode.Scalar) throws(PatternError) -> PatternNode? {
        switch scalar {
        case "(": return try group()
        case "[": return .symbols(try characterClass())
        case "\\": return try escape()
        case "*", "+", "?": throw nothingToRepeat()
        case "{" where try count() != nil: throw nothingToRepeat()
        default:
            position += 1
            return plain(scalar)
        }
    }

    private func plain(_ scalar: Unicode.Scalar) -> PatternNode {
        switch scalar {
        case ".": .symbols(flags.dotMatchesNewline ? .all : SymbolSet.newline.inverted)
        case "^": .assertion(.lineStart)
        case "$": .assertion(.lineEnd)
        default: .symbols(literal(scalar))
        }
    }

    /// The symbols that a character stands for.
    func literal(_ scalar: Unicode.Scalar) -> SymbolSet {
        let set = SymbolSet([scalar.value...scalar.value])
        return flags.ignoresCase ? set.ignoringCase : set
    }
}

// MARK: - Groups

extension PatternParser {
    private mutating func group() throws(PatternError) -> PatternNode? {
        let (start, outer) = (position, flags)
        position += 1
        if take("?") {
            guard try opensGroup(from: start) else { return nil }
        } else if next == "*" {
            throw error("(* begins a verb, which is not supported", at: start, remedy: "write \\* for the character")
        }
        depth += 1
        guard depth <= PatternParser.deepestGroup else {
            throw error("more than \(PatternParser.deepestGroup) groups within each other", at: start)
        }
        let node = try choice()
        guard take(")") else {
            throw error("this group is not closed", at: start, remedy: "add ), or write \\( for the character")
        }
        (depth, flags) = (depth - 1, outer)
        return node
    }

    /// Reads what follows `(?`; false if that was all: flags from here on.
    private mutating func opensGroup(from start: Int) throws(PatternError) -> Bool {
        if take(":") { return true }
        if let around = ["=", "!", "<=", "<!"].first(where: { take($0) }) {
            throw error(
                "(?\(around) looks around, which takes more than one pass", at: start,
                remedy: "write the text itself as part of the pattern")
        }
        if take(">") || take("|") || take("#") || take("(") || take("&") {
            throw error(
                "(?\(PatternParser.shown(text[position - 1])) is not supported", at: start, remedy: "write (?:...)")
        }
        if take("P<") || take("<") || take("'") { return try groupName(from: start) }
        return try readFlags(from: start)
    }

    /// A name is read and not kept: nobody asks for captures.
    private mutating func groupName(from start: Int) throws(PatternError) -> Bool {
        let closing: Unicode.Scalar = text[position - 1] == "'" ? "'" : ">"
        let name = text[position...].prefix { SymbolSet.isWord($0) }
        position += name.count
        guard !name.isEmpty, next == closing else {
            throw error("the name of this group is not one", at: start, remedy: "write (?:...)")
        }
        position += 1
        return true
    }

    private mutating func readFlags(from start: Int) throws(PatternError) -> Bool {
        var isOn = true
        while let scalar = next {
            position += 1
            switch scalar {
            case ":": return true
            case ")": return false
            case "-" where isOn: isOn = false
            default: try set(scalar, isOn)
            }
        }
        throw error("this group is not closed", at: start, remedy: "add )")
    }

    private mutating func set(_ flag: Unicode.Scalar, _ isOn: Bool) throws(PatternError) {
        switch flag {
        case "i": flags.ignoresCase = isOn
        case "s": flags.dotMatchesNewline = isOn
        // ^ and $ are of lines anyway.
        case "m" where isOn: break
        default:
            throw error(
                "the flag \(PatternParser.shown(flag)) is not supported", at: position - 1,
                remedy: "i ignores case, s lets . match a newline, m is always on")
        }
    }
}

/// What `(?...)` switches.
struct PatternFlags: Sendable {
    var ignoresCase = false
    var dotMatchesNewline = false
}
