import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    static let everything: JSON = [
        "null": .null, "yes": true, "no": false, "small": -1, "edge": .integer(.min), "half": 0.5, "whole": 3.0,
        "text": "a\"b\\c/d\n\u{2028}é😀\0\u{7F}\u{9F}", "": [],
        "nested": ["list": [1, [2, [:]], "x"], "object": ["a": .null]],
    ]

    @Test("what is written reads back as the same value, compact and pretty")
    func roundTrip() throws {
        #expect(try JSON.parse(Self.everything.bytes) == Self.everything)
        #expect(try JSON.parse(Array(Self.everything.prettyText.utf8)) == Self.everything)
    }

    @Test("compact text has no space and no line break")
    func compact() {
        let value: JSON = ["a": [1, 2.5, "x\ny"], "b": [:], "c": []]
        #expect(value.text == #"{"a":[1,2.5,"x\ny"],"b":{},"c":[]}"#)
        #expect(!Self.everything.bytes.contains { $0 == 0x0A || $0 == 0x0D })
    }

    @Test("pretty text has a member or element a line")
    func pretty() {
        let value: JSON = ["a": [1, ["b": .null]], "c": [], "d": [:]]
        #expect(
            value.prettyText == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": [],
                  "d": {}
                }
                """)
    }

    @Test(
        "doubles are written so that they read back to the last bit",
        arguments: [
            0.1, -0.0, 1.0 / 3, 1e21, 1e-7, 123_456_789_012_345_680, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
            .leastNormalMagnitude, 9_007_199_254_740_992, .pi, -2.5e-300,
        ])
    func doubles(value: Double) throws {
        guard case .number(let read) = try JSON.parse(JSON.number(value).bytes) else {
            Issue.record("\(value) became another kind of value")
            return
        }
        #expect(read.bitPattern == value.bitPattern)
    }

    @Test("control characters and the separators that scripts break at are escaped, and nothing else is")
    func escaping() throws {
        for value in (0..<0x300).map(UInt32.init) + [0x2027, 0x2028, 0x2029, 0x202A, 0xFFFF, 0x10FFFF] {
            let scalar = try #require(Unicode.Scalar(value))
            let text = JSON.string(String(Character(scalar))).text
            let isEscaped =
                value < 0x20 || (0x7F...0x9F).contains(value) || [0x22, 0x5C, 0x2028, 0x2029].contains(value)
            #expect(text.hasPrefix("\"\\") == isEscaped, "U+\(String(value, radix: 16))")
            #expect(try JSON.parse(Array(text.utf8)) == .string(String(Character(scalar))))
        }
    }

    @Test("an infinity or NaN is a programming error")
    func nonFinite() async {
        await #expect(processExitsWith: .failure) { print(JSON.number(.infinity).text) }
        await #expect(processExitsWith: .failure) { print(JSON.number(.nan).text) }
    }
}
