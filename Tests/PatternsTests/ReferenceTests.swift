import Patterns
import Testing

@Suite("The first match is where another matcher puts it")
struct ReferenceTests {
    /// A random pattern of what both matchers take for the same.
    static func pattern(_ depth: Int, _ random: inout SplitMix) -> String {
        let leaves = [
            "a", "b", "é", ".", "[ab]", "[^a]", "\\w", "\\W", "\\s", "^", "$", "\\b", "\\B", "[^\\s]", "\\n", "a", "b",
        ]
        let leaf = leaves.randomElement(using: &random) ?? "a"
        guard depth > 0 else { return leaf }
        func part() -> String { pattern(depth - 1, &random) }
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2: return part() + part()
        case 3: return "(?:\(part())|\(part()))"
        case 4:
            return
                "(?:\(part()))\(["*", "+", "?", "{2}", "{1,2}", "{0,2}", "*?", "{1,}"].randomElement(using: &random) ?? "")"
        case 5: return "(?i:\(part()))"
        default: return leaf
        }
    }

    /// Where the first match ends, by trying every end: the part before and after it is anything.
    static func firstEnd(_ pattern: String, _ text: String) throws -> Int? {
        let scalars = Array(text.unicodeScalars)
        for end in 0...scalars.count {
            let whole = "[\\s\\S]*(?:\(pattern))[\\s\\S]{\(scalars.count - end)}"
            let regex = try Regex(whole).matchingSemantics(.unicodeScalar).anchorsMatchLineEndings()
                .asciiOnlyWordCharacters().asciiOnlyWhitespace().wordBoundaryKind(.simple)
            if try regex.wholeMatch(in: text) != nil { return scalars[..<end].reduce(0) { $0 + UTF8.width($1) } }
        }
        return nil
    }

    @Test("random small patterns and texts", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for _ in 0..<15 {
            let pattern = Self.pattern(3, &random)
            for _ in 0..<4 {
                let count = Int.random(in: 0...6, using: &random)
                let text = (0..<count).map { _ in ["a", "b", "B", "é", "\n", " "].randomElement(using: &random) ?? "" }
                    .joined()
                let expected = try Self.firstEnd(pattern, text)
                #expect(
                    try OutputPattern.firstEnd(pattern, Array(text.utf8)) == expected,
                    "\(pattern) on \(text.debugDescription)")
            }
        }
    }
}
