extension PatternParser {
    /// How often a part may be asked for; the program has a limit of its own.
    static let largestCount = 1000

    /// The part with the repetition that follows it, if one does.
    mutating func repeated(_ part: PatternNode?, from start: Int) throws(PatternError) -> PatternNode {
        guard let repetition = try repetition() else { return part ?? .empty }
        guard let part else { throw error("flags can't be repeated", at: start) }
        try refuseSecond()
        return part.repeated(repetition)
    }

    func nothingToRepeat() -> PatternError {
        let sign = next.map(PatternParser.shown) ?? ""
        return error("there is nothing before \(sign) to repeat", remedy: "write \\\(sign) for the character")
    }

    private mutating func repetition() throws(PatternError) -> Repetition? {
        let column = position + 1
        if take("*") { return Repetition(minimum: 0, maximum: nil, column: column) }
        if take("+") { return Repetition(minimum: 1, maximum: nil, column: column) }
        if take("?") { return Repetition(minimum: 0, maximum: 1, column: column) }
        guard let (repetition, end) = try count() else { return nil }
        position = end
        return repetition
    }

    /// `?` makes it lazy, which changes nothing here; a second repetition is another syntax or a slip.
    private mutating func refuseSecond() throws(PatternError) {
        if take("?") { return }
        if next == "+" {
            throw error(
                "a repetition that gives nothing back is not supported", remedy: "leave out this +; it is as fast")
        }
        guard try comesRepetition() else { return }
        throw error("a repetition follows a repetition", remedy: "put a group around the first: (?:...)")
    }

    /// Whether `*` or a count comes next; after a repetition `?` and `+` mean something else.
    private func comesRepetition() throws(PatternError) -> Bool {
        if next == "*" { return true }
        return try count() != nil
    }

    /// The `{m}`, `{m,}` or `{m,n}` that comes next, and where it ends; nil where `{` is a character of its own.
    func count() throws(PatternError) -> (Repetition, end: Int)? {
        guard next == "{" else { return nil }
        let inside = text[(position + 1)...].prefix { $0 == "," || PatternParser.isDigit($0) }
        let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
        let close = inside.endIndex
        guard close < text.count, text[close] == "}", parts.count <= 2, inside.count >= parts.count else { return nil }
        guard !parts[0].isEmpty else { throw error("this count has no minimum", remedy: "write {0,...}") }
        let minimum = try number(parts[0])
        let maximum = parts.count == 1 ? minimum : parts[1].isEmpty ? nil : try number(parts[1])
        if let maximum, maximum < minimum { throw error("the counts are the wrong way around") }
        return (Repetition(minimum: minimum, maximum: maximum, column: position + 1), close + 1)
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private func number(_ digits: ArraySlice<Unicode.Scalar>) throws(PatternError) -> Int {
        var value = 0
        for digit in digits where value <= PatternParser.largestCount { value = value * 10 + Int(digit.value - 0x30) }
        guard value <= PatternParser.largestCount else {
            throw error(
                "a count above \(PatternParser.largestCount)", at: digits.startIndex,
                remedy: "use a smaller one, or + or *")
        }
        return value
    }
}
