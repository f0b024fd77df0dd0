import JSON
import Testing

@testable import ToolProtocol

@Suite("Prompts")
struct PromptTests {
    @Test("both eras list them, each in its form")
    func lists() throws {
        var legacy = try Client.legacy()
        let plain = try legacy.result("prompts/list")
        #expect(plain.keys == ["prompts"])
        var modern = Client()
        let kept = try modern.result("prompts/list", ["_meta": Client.modernMeta])
        #expect(kept.keys == ["resultType", "prompts", "ttlMs", "cacheScope", "_meta"])
        #expect(kept["prompts"] == plain["prompts"])
        for prompt in plain["prompts"]?.arrayValue ?? [] {
            #expect(prompt.objectValue?.keys == ["name", "title", "description", "arguments"])
        }
        var old = try Client.legacy("2024-11-05")
        #expect(try old.result("prompts/list")["prompts"]?.arrayValue?.first?["title"] == nil)
        #expect(try legacy.error("prompts/list", ["cursor": "x"]).code == .invalidParams)
    }

    @Test("a prompt says what was filled in, as one message of the user")
    func filledIn() throws {
        var client = try Client.legacy()
        let result = try client.result(
            "prompts/get", ["name": "run_and_watch", "arguments": ["command": "make -j4", "cwd": "sub"]])
        let messages = try #require(result["messages"]?.arrayValue)
        #expect(messages.count == 1 && messages[0]["role"] == "user" && messages[0]["content"]?["type"] == "text")
        let text = try #require(messages[0]["content"]?["text"]?.stringValue)
        #expect(text.contains("make -j4") && text.contains("in sub") && text.contains("read_output"))
    }

    @Test(
        "what is missing, unknown or no text is an invalid parameter",
        arguments: [
            [:], ["name": 1], ["name": "nothing"], ["name": "why_refused"],
            ["name": "why_refused", "arguments": ["command": ""]],
            ["name": "why_refused", "arguments": ["command": 1]], ["name": "why_refused", "arguments": []],
            ["name": "why_refused", "arguments": ["command": "x", "other": "y"]],
        ] as [JSONObject])
    func malformed(params: JSONObject) throws {
        var client = try Client.legacy()
        #expect(try client.error("prompts/get", params).code == .invalidParams)
        var fresh = Client()
        #expect(try fresh.error("prompts/list").code == .invalidParams)
    }
}
