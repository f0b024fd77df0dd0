import JSON
import Testing

@Suite("JSON objects")
struct JSONObjectTests {
    @Test("members keep their order, and a changed one keeps its place")
    func order() {
        var object: JSONObject = ["b": 1, "a": 2]
        object["c"] = 3
        object["b"] = "x"
        object["a"] = nil
        object["missing"] = nil
        object.append(4, for: "d")
        #expect(object.keys == ["b", "c", "d"])
        #expect(object["b"] == "x")
        #expect(object["a"] == nil)
        #expect(object != ["c": 3, "b": "x", "d": 4])
    }

    @Test("a member without a value is left out, a null stays")
    func presentMembers() {
        let unknown: Int64? = nil
        let object = JSONObject(present: ["a": unknown.map(JSON.integer), "b": JSON.null, "c": 1])
        #expect(JSON.object(object).text == #"{"b":null,"c":1}"#)
    }

    @Test("naming a member twice is a programming error")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            var object: JSONObject = ["a": 1]
            object.append(2, for: "a")
        }
    }

    @Test("values are told apart by kind and bytes")
    func equality() {
        #expect(JSON.integer(1) != .number(1))
        #expect(JSON.string("\u{E9}") != .string("e\u{301}"))
        #expect(JSON.null != .bool(false))
        #expect(JSON(UInt64.max) == .number(18_446_744_073_709_551_616))
        #expect(JSON(Int32(-5)) == -5)
        #expect(JSON(["a", "b"]) == ["a", "b"])
    }

    @Test("a value answers only for its own kind")
    func accessors() {
        let value: JSON = ["s": "x", "i": 1, "b": true, "a": [1], "o": [:]]
        #expect(value["s"]?.stringValue == "x")
        #expect(value["i"]?.integerValue == 1)
        #expect(value["b"]?.boolValue == true)
        #expect(value["a"]?.arrayValue == [1])
        #expect(value["o"]?.objectValue == [:])
        #expect(value["i"]?.stringValue == nil && value["s"]?.integerValue == nil && value["o"]?.arrayValue == nil)
        #expect(JSON.null["s"] == nil && value["x"] == nil)
    }
}
