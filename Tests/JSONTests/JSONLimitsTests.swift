import Testing

@testable import JSON

@Suite("Hostile JSON")
struct JSONLimitsTests {
    @Test("a million opening brackets are refused at the limit", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func deepNesting(opening: String) {
        let text = [UInt8](String(repeating: opening, count: 1_000_000).utf8)
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.reason == "arrays and objects within each other beyond 64")
        #expect((error?.offset ?? 0) <= 64 * opening.utf8.count)
    }

    @Test("nesting up to the limit is read and one level more is not", arguments: [1, 64, 512])
    func depthEdge(depth: Int) throws {
        let limits = JSONLimits(depth: depth)
        func nested(_ levels: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: levels) + [UInt8](repeating: UInt8(ascii: "]"), count: levels)
        }
        #expect(try JSON.parse(nested(depth), limits: limits).bytes == nested(depth))
        #expect(throws: JSONError.self) { try JSON.parse(nested(depth + 1), limits: limits) }
    }

    @Test("many shallow values do not count as depth")
    func breadth() throws {
        let text = "[" + String(repeating: "[{}],", count: 100_000) + "[]]"
        #expect(try JSON.parse(Array(text.utf8)).arrayValue?.count == 100_001)
    }

    @Test("a text beyond the limit of bytes is refused before it is read")
    func size() throws {
        let limits = JSONLimits(bytes: 4)
        #expect(try JSON.parse(Array("1234".utf8), limits: limits) == 1234)
        #expect(throws: JSONError("more than 4 bytes", at: 4)) { try JSON.parse(Array("12345".utf8), limits: limits) }
    }

    @Test("a number has at most 1024 bytes")
    func longNumbers() throws {
        let longest = Array(("0." + String(repeating: "3", count: 1022)).utf8)
        #expect(try JSON.parse(longest) == .number(1.0 / 3.0))
        #expect(throws: JSONError("a number of more than 1024 bytes", at: 0)) { try JSON.parse(longest + [0x33]) }
        #expect(throws: JSONError.self) { try JSON.parse([UInt8](repeating: 0x39, count: 1_000_000)) }
    }

    @Test("a string of eight million bytes comes through, with and without escapes")
    func hugeStrings() throws {
        let plain = String(repeating: "aé", count: 2_700_000)
        #expect(try JSON.parse(JSON.string(plain).bytes) == .string(plain))
        let escaped = [0x22] + Array(String(repeating: "\\n\\u00e9", count: 1_000_000).utf8) + [0x22]
        #expect(try JSON.parse(escaped) == .string(String(repeating: "\né", count: 1_000_000)))
    }

    @Test("time grows with the bytes, not with their square, for objects of many names")
    func manyNames() throws {
        func seconds(_ count: Int) throws -> Duration {
            let members = (0..<count).map { "\"name\($0)\":0" }.joined(separator: ",")
            let text = Array("{\(members)}".utf8)
            let start = ContinuousClock.now
            #expect(try JSON.parse(text).objectValue?.members.count == count)
            return ContinuousClock.now - start
        }
        let few = try seconds(10_000)
        #expect(try seconds(200_000) < few * 200, "twenty times the names")
    }
}
