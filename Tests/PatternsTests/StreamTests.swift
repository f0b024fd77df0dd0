import Patterns
import Testing

@Suite("A pattern over a stream")
struct StreamTests {
    static let patterns = [
        "ab", "a$", "^b", "\\bab\\b", "a.b", "[^a]b", "é", "a\\b", "\\Bb", "(a|é)+\\n", "b$\\n^a", "\\x{FFFD}", "a.?$",
        "..\\z",
        "a\\B.", "^.{3}$", "[✓é]b", "\\w\\W\\b", "", "$", "(?i)AÉ",
    ]
    /// Pieces of characters, too.
    static let pieces: [[UInt8]] = [
        [0x61], [0x62], [0x0A], [0x0D], [0x20], [0xC3, 0xA9], [0xE2, 0x9C, 0x93], [0xC3], [0xE2, 0x9C], [0x80], [0xFF],
        [0xF0, 0x9F], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80],
    ]

    @Test("however a stream is cut into chunks, the first match is the same", arguments: patterns)
    func chunks(pattern: String) throws {
        var random = SplitMix(state: 7)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).flatMap { _ in
                Self.pieces.randomElement(using: &random) ?? []
            }
            let whole = try OutputPattern.firstEnd(pattern, bytes)
            var looking = try OutputPattern(pattern)
            #expect(looking.firstEnd(in: bytes.map { [$0] }) == whole, "\(pattern) on \(bytes)")
            looking.reset()
            #expect(looking.firstEnd(in: Self.cut(bytes, &random)) == whole, "\(pattern) on \(bytes)")
        }
    }

    static func cut(_ bytes: [UInt8], _ random: inout SplitMix) -> [[UInt8]] {
        var (rest, chunks): (ArraySlice<UInt8>, [[UInt8]]) = (bytes[...], [])
        while !rest.isEmpty {
            let count = Int.random(in: 0...rest.count, using: &random)
            chunks.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return chunks
    }

    @Test("a match is told with its last byte, before the next one is there")
    func atOnce() throws {
        var prompt = try OutputPattern("Password: ")
        #expect(prompt.feed(Array("Pass".utf8)) == nil)
        #expect(prompt.feed(Array("word: ".utf8)) == 6)
        var empty = try OutputPattern("x*")
        #expect(empty.feed([]) == 0)
    }

    @Test("what must know the next byte ends before it, and at the end of the stream")
    func lookingAhead() throws {
        var line = try OutputPattern("done$")
        #expect(line.feed(Array("done".utf8)) == nil)
        #expect(line.feed(Array("\n".utf8)) == 0)
        line.reset()
        #expect(line.feed(Array("done".utf8)) == nil)
        #expect(line.finish() == true)
        line.reset()
        #expect(line.feed(Array("don".utf8)) == nil)
        #expect(line.finish() == false)
    }

    @Test("after a match nothing more is looked at until the pattern is reset")
    func afterwards() throws {
        var pattern = try OutputPattern("a")
        #expect(pattern.feed(Array("ba".utf8)) == 2)
        #expect(pattern.feed(Array("bbb".utf8)) == 0)
        #expect(pattern.finish() == true)
        pattern.reset()
        #expect(pattern.feed(Array("b".utf8)) == nil)
        #expect(pattern.finish() == false)
    }

    @Test("a stream that is taken up within a line knows the byte before")
    func takenUp() throws {
        var line = try OutputPattern("^b")
        line.reset(after: UInt8(ascii: "a"))
        #expect(line.feed(Array("b".utf8)) == nil)
        line.reset(after: UInt8(ascii: "\n"))
        #expect(line.feed(Array("b".utf8)) == 1)
        var word = try OutputPattern("\\bb")
        word.reset(after: UInt8(ascii: "a"))
        #expect(word.feed(Array("b b".utf8)) == 3)
        var start = try OutputPattern("\\Ab")
        start.reset(after: UInt8(ascii: "\n"))
        #expect(start.feed(Array("b\nb".utf8)) == nil)
    }

    @Test(
        "bytes that are no UTF-8 are characters of their own, a cut-off character one",
        arguments: [
            ("^a.b", [0x61, 0xFF, 0x62], 3), ("^a.b", [0x61, 0xE2, 0x9C, 0x62], 4),
            ("^a.b", [0x61, 0xFF, 0xFE, 0x62], nil),
            ("a[^x]b", [0x61, 0x80, 0x62], 3), ("a\\Wb", [0x61, 0xC3, 0x62], 3), ("a\\wb", [0x61, 0xC3, 0x62], nil),
            ("a\\xC3b", [0x61, 0xC3, 0x62], nil), ("ab", [0xC3, 0x61, 0x62], 3), ("^..$", [0xC3, 0xC3, 0xA9], 3),
            ("^.{3}$", [0xED, 0xA0, 0x80], 3), ("^.{2}$", [0xC0, 0xAF], 2), ("^.{4}$", [0xF4, 0x90, 0x80, 0x80], 4),
            (".\\z", [0xF0, 0x9F, 0x98], 3), ("^.\\z", [0xF0, 0x9F, 0x98], 3), ("\\x{FFFD}", [0xFF], nil),
            ("[^\\0-\\u{10FFFF}]", [0x61, 0xFF], 2),
            ("\\x{FFFD}", [0xEF, 0xBF, 0xBD], 3), ("a\\b", [0x61, 0xE2], 1), ("é", [0xC3, 0xC3, 0xA9], 3),
        ] as [(String, [UInt8], Int?)])
    func invalid(pattern: String, bytes: [UInt8], end: Int?) throws {
        #expect(try OutputPattern.firstEnd(pattern, bytes) == end)
    }
}
