import Testing

@testable import JSON

@Suite("Reading JSON")
struct JSONParserTests {
    func parse(_ text: String) throws(JSONError) -> JSON { try JSON.parse(Array(text.utf8)) }

    @Test(
        "every kind of value is read",
        arguments: [
            ("null", .null), ("true", true), ("false", false), ("0", 0), ("-12", -12), (" 1.5e3\r\n\t", 1500.0),
            ("1.0", 1.0), ("2E-1", 0.2), ("2e+1", 20.0), ("-0", 0), ("-0.0", -0.0), ("\"\"", ""),
            ("[]", []), ("[ ]", []), ("{}", [:]), ("{ }", [:]),
            ("[1,[2,{\"a\":[]}],\"x\"]", [1, [2, ["a": []]], "x"]),
            ("{\"b\": 1, \"a\" :{\"c\":null}}", ["b": 1, "a": ["c": .null]]),
        ] as [(String, JSON)])
    func values(text: String, value: JSON) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "integers are exact to the edge of 64 bits and become numbers beyond it",
        arguments: [
            ("9223372036854775807", JSON.integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
            ("18446744073709551616", .number(18_446_744_073_709_551_616)),
        ] as [(String, JSON)])
    func integerEdges(text: String, value: JSON) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "escapes stand for their characters",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\uD83D\uDE00!""#, "😀!"), (#""\u0000""#, "\0"), (#""é\n\uffff€""#, "é\n\u{FFFF}€"),
            (#""\ud7ff\ue000""#, "\u{D7FF}\u{E000}"), (#""\udbff\udfff""#, "\u{10FFFF}"),
        ])
    func escapes(text: String, value: String) throws {
        #expect(try parse(text) == .string(value))
    }

    @Test(
        "what is not JSON is refused at its byte",
        arguments: [
            ("", 0), ("  ", 2), ("nul", 0), ("nulL", 0), ("True", 0), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1),
            ("+1", 0),
            ("01", 0), ("-01", 1), ("00", 0), ("1.", 2), (".5", 0), ("1e", 2), ("1e+", 3), ("-", 1), ("0x10", 1),
            ("1 2", 2), ("[] x", 3), ("{}}", 2), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1", 2), ("[", 1), ("]", 0),
            ("{\"a\"}", 4), ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{\"a\":1", 6), ("{1:2}", 1), ("[}", 1),
            ("{\"a\":1]", 6), ("[1}", 2), ("'a'", 0), ("\"a", 2), ("\"a\\", 3), ("\"\\x\"", 2), ("\"\\u12g4\"", 5),
            ("\"\\u12", 5), ("\"\u{1}\"", 1), ("\"a\nb\"", 2), ("// c\n1", 0), ("1e400", 0), ("-1e999", 0),
            ("\u{85}1", 0),
            ("[1,\u{A0}2]", 3),
        ])
    func refusals(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.offset == offset, "\(text): \(error.map(String.init(describing:)) ?? "")")
    }

    @Test(
        "half of a surrogate pair is refused wherever it stands",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#, #""\ud800\ud800""#,
            #""\udc00\ud800""#, #""\udc00\udc00""#,
        ])
    func loneSurrogates(text: String) {
        #expect(throws: JSONError("half of a surrogate pair", at: 1)) { try parse(text) }
    }

    @Test(
        "bytes that are not UTF-8 are refused at the first of them",
        arguments: [
            ([0x80], 0), ([0x61, 0xFF], 1), ([0xC3], 0), ([0xC0, 0xAF], 0), ([0xC3, 0xA9, 0xED, 0xA0, 0x80], 2),
            ([0xF4, 0x90, 0x80, 0x80], 0), ([0x5C, 0x6E, 0xE2, 0x82], 2),
        ] as [([UInt8], Int)])
    func invalidUTF8(content: [UInt8], offset: Int) {
        #expect(throws: JSONError("bytes that are not UTF-8", at: offset + 1)) {
            try JSON.parse([0x22] + content + [0x22])
        }
    }

    @Test("bytes outside strings have to be ASCII, and no byte order mark comes first")
    func strayBytes() {
        #expect(throws: JSONError("expected a value", at: 1)) { try JSON.parse([0x5B, 0xC3, 0xA9]) }
        #expect(throws: JSONError("a byte order mark", at: 0)) { try JSON.parse([0xEF, 0xBB, 0xBF, 0x31]) }
        #expect(throws: JSONError.self) { try JSON.parse([0xFE, 0xFF, 0x00, 0x31]) }
    }

    @Test(
        "a name that occurs twice is refused, however it is spelled",
        arguments: [
            (#"{"a":1,"a":1}"#, 7), (#"{"a":1,"\u0061":1}"#, 7), (#"[{"b":{"a":{},"c":0,"a":[]}}]"#, 20),
            (#"{"":1,"":1}"#, 6),
        ])
    func duplicateNames(text: String, offset: Int) {
        #expect(throws: JSONError("a member named twice", at: offset)) { try parse(text) }
    }

    @Test("names that differ only in their bytes are different names")
    func canonicallyEquivalentNames() throws {
        let value = try parse(#"{"\u00e9":1,"e\u0301":2,"K":3,"\u212a":4}"#)
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(value["K"] == 3)
        #expect(value["\u{212A}"] == 4)
    }

    @Test("the same name in different objects is no duplicate")
    func namesOfSiblings() throws {
        #expect(try parse(#"[{"a":{"a":1}},{"a":2}]"#) == [["a": ["a": 1]], ["a": 2]])
    }
}
