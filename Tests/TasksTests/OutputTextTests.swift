import Tasks
import TestSupport
import Testing

@Suite("Output as text")
struct OutputTextTests {
    @Test(
        "keeps plain text, new lines, tabs and every script as they are",
        arguments: ["", "plain text\n\tindented\n", "é ü ß", "日本語", "👩‍👩‍👧 😀", "e\u{301}", "عربى", "\u{fffd}", "\\x1b"])
    func plain(text: String) {
        #expect(Array(OutputText.visible(Array(text.utf8)).utf8) == Array(text.utf8))
    }

    @Test(
        "shows what a terminal would act on, and what hides or turns text around",
        arguments: [
            ("\u{1b}[31m", "\\x1b[31m"), ("\u{1b}]52;c;eA==\u{7}", "\\x1b]52;c;eA==\\x07"), ("a\rb", "a\\x0db"),
            ("a\u{8}b", "a\\x08b"), ("\0", "\\x00"), ("\u{7f}", "\\x7f"), ("\u{9b}31m", "\\x9b31m"),
            ("\u{202e}abc", "\\u{202e}abc"), ("\u{200b}", "\\u{200b}"), ("\u{feff}", "\\u{feff}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("\u{e0041}", "\\u{e0041}"), ("a\u{ad}b", "a\\u{ad}b"), ("a\r\nb", "a\\x0d\nb"),
        ])
    func control(text: String, expected: String) {
        #expect(OutputText.visible(Array(text.utf8)) == expected)
    }

    /// The sequences of the Unicode Standard, chapter 3, "U+FFFD substitution of maximal subparts".
    @Test(
        "shows each byte that is no UTF-8, and no other",
        arguments: [
            ([0xc0, 0xaf, 0xe0, 0x80, 0xbf, 0xf0, 0x81, 0x82, 0x41], "\\xc0\\xaf\\xe0\\x80\\xbf\\xf0\\x81\\x82A"),
            ([0xed, 0xa0, 0x80, 0xed, 0xbf, 0xbf, 0xed, 0xaf, 0x41], "\\xed\\xa0\\x80\\xed\\xbf\\xbf\\xed\\xafA"),
            ([0xf4, 0x91, 0x92, 0x93, 0xff, 0x41, 0x80, 0xbf, 0x42], "\\xf4\\x91\\x92\\x93\\xffA\\x80\\xbfB"),
            ([0xe1, 0x80, 0xe2, 0xf0, 0x91, 0x92, 0xf1, 0xbf, 0x41], "\\xe1\\x80\\xe2\\xf0\\x91\\x92\\xf1\\xbfA"),
            ([0xe1], "\\xe1"), ([0xe1, 0x80], "\\xe1\\x80"), ([0xf0, 0x90, 0x80], "\\xf0\\x90\\x80"),
            ([0xc3, 0xc3, 0xa9], "\\xc3é"), ([0xf0, 0x9f, 0x98, 0xf0, 0x9f, 0x98, 0x80], "\\xf0\\x9f\\x98😀"),
            ([0xf8, 0x88, 0x80, 0x80, 0x80], "\\xf8\\x88\\x80\\x80\\x80"),
        ] as [([UInt8], String)])
    func wrong(bytes: [UInt8], expected: String) {
        #expect(OutputText.visible(bytes) == expected)
    }

    /// Bytes at which something begins or ends in UTF-8, and a few characters that are hidden.
    static let telling: [UInt8] = [
        0x00, 0x09, 0x0a, 0x0d, 0x1b, 0x41, 0x7f, 0x80, 0x8e, 0x8f, 0x90, 0x9f, 0xa0, 0xad, 0xae, 0xbf, 0xc0, 0xc1,
        0xc2,
        0xc3, 0xdf, 0xe0, 0xe1, 0xe2, 0xed, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff,
    ]

    static func bytes(_ seed: UInt64, _ count: Int) -> [UInt8] {
        var random = SplitMix(seed)
        return (0..<count).map { _ in telling.randomElement(using: &random) ?? 0 }
    }

    @Test(
        "of any bytes has no control character, and is what a reader of one character at a time makes of them",
        arguments: UInt64(0)..<300)
    func random(seed: UInt64) {
        let bytes = Self.bytes(seed, 200)
        let text = OutputText.visible(bytes)
        #expect(text == Self.reference(bytes))
        for scalar in text.unicodeScalars where scalar != "\n" && scalar != "\t" && scalar != "\u{200d}" {
            let category = scalar.properties.generalCategory
            #expect(![.control, .format, .lineSeparator, .paragraphSeparator, .surrogate].contains(category))
        }
    }

    private static func reference(_ bytes: [UInt8]) -> String {
        var (text, place) = ("", 0)
        while place < bytes.count {
            guard let (character, length) = scalar(bytes[place...]) else {
                text += escape(bytes[place])
                place += 1
                continue
            }
            text += shown(character)
            place += length
        }
        return text
    }

    private static func scalar(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
        for length in 1...4 where length <= bytes.count {
            if let text = String(validating: bytes.prefix(length), as: UTF8.self), let only = text.unicodeScalars.first
            {
                return (only, length)
            }
        }
        return nil
    }

    private static func shown(_ scalar: Unicode.Scalar) -> String {
        if scalar == "\n" || scalar == "\t" || scalar == "\u{200d}" { return String(Character(scalar)) }
        switch scalar.properties.generalCategory {
        case .control: return escape(UInt8(scalar.value))
        case .format, .lineSeparator, .paragraphSeparator: return "\\u{\(String(scalar.value, radix: 16))}"
        default: return String(Character(scalar))
        }
    }

    private static func escape(_ byte: UInt8) -> String { "\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))" }

    // MARK: where a piece ends

    @Test("ends at a whole character, wherever text is cut")
    func cut() {
        let bytes = Array("aé日😀\u{301}z".utf8)
        for count in 0...bytes.count {
            let whole = OutputText.wholePrefix(Array(bytes[..<count]))
            #expect(count - whole <= 3)
            #expect(String(validating: bytes[..<whole], as: UTF8.self) != nil, "\(count)")
        }
    }

    @Test("holds back exactly what can still become a character", arguments: UInt64(0)..<400)
    func holdsBack(seed: UInt64) {
        let bytes = Self.bytes(seed, Int(seed % 6))
        let whole = OutputText.wholePrefix(bytes)
        let expected = (1...3).first { back in
            back <= bytes.count && Self.canBecome(Array(bytes.suffix(back)))
        }
        #expect(whole == bytes.count - (expected ?? 0), "\(bytes)")
    }

    private static func canBecome(_ start: [UInt8]) -> Bool {
        if String(validating: start, as: UTF8.self) != nil || start.count > 3 { return false }
        let following: [UInt8] = [0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf]
        return following.contains { byte in
            let next = start + [byte]
            if let text = String(validating: next, as: UTF8.self) { return text.unicodeScalars.count == 1 }
            return canBecome(next)
        }
    }
}
