import JSON
import Testing

@testable import ToolProtocol

@Suite("Connections that begin with a handshake (2024-11-05 to 2025-11-25)")
struct LegacyEraTests {
    static let versions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]

    @Test("initialize agrees on the version that the client asks for", arguments: versions)
    func initialize(version: String) throws {
        let client = try Client.legacy(version)
        #expect(client.conversation.negotiated?.rawValue == version)
    }

    @Test(
        "initialize offers the newest version with a handshake to a client that asks for another one",
        arguments: ["2026-07-28", "2024-10-07", "x", ""])
    func otherVersions(version: String) throws {
        var client = Client()
        let result = try client.result("initialize", ["protocolVersion": .string(version)])
        #expect(result["protocolVersion"] == "2025-11-25")
        #expect(client.conversation.negotiated == .november2025)
    }

    @Test("initialize has nothing of the modern era in its result, even if the request has")
    func handshakeMembers() throws {
        var client = Client()
        let result = try client.result(
            "initialize", ["protocolVersion": "2025-11-25", "capabilities": [:], "_meta": Client.modernMeta])
        #expect(result.keys == ["protocolVersion", "capabilities", "serverInfo", "instructions"])
        #expect(
            result["capabilities"] == [
                "tools": [:], "prompts": [:], "resources": ["subscribe": true, "listChanged": true], "logging": [:],
                "completions": [:],
                "tasks": ["list": [:], "cancel": [:], "requests": ["tools": ["call": [:]]]],
            ])
        #expect(result["serverInfo"] == ["name": "caisson", "title": "Caisson", "version": "9.8.7"])
    }

    @Test("initialize without a version changes nothing", arguments: [[:], ["protocolVersion": 1]] as [JSONObject])
    func initializeWithoutVersion(params: JSONObject) throws {
        var client = Client()
        #expect(try client.error("initialize", params).code == .invalidParams)
        #expect(client.conversation.negotiated == nil)
    }

    @Test(
        "before the handshake a request is told what is missing",
        arguments: ["tools/list", "tools/call", "logging/setLevel"])
    func beforeHandshake(method: String) throws {
        var client = Client()
        let error = try client.error(method, ["name": "list_sessions", "level": "info"])
        #expect(error.code == .invalidParams)
        #expect(error.message.contains("initialize"))
    }

    @Test("ping is answered before and after the handshake")
    func ping() throws {
        var client = Client()
        #expect(try client.result("ping") == [:])
        var legacy = try Client.legacy()
        #expect(try legacy.result("ping", ["_meta": ["progressToken": 1]]) == [:])
    }

    @Test("results have nothing of the modern era", arguments: versions)
    func plainResults(version: String) throws {
        var client = try Client.legacy(version)
        #expect(try client.result("tools/list").keys == ["tools"])
        let call = try client.call("list_sessions", meta: nil)
        let result = try client.finish(call, with: ToolResult(["sessions": []]))
        #expect(result["resultType"] == nil && result["_meta"] == nil)
        #expect(result["content"] != nil && result["isError"] == false)
    }

    @Test(
        "each version has what it knows of a tool and its result",
        arguments: [
            ("2024-11-05", ["name", "description", "inputSchema"], false),
            ("2025-03-26", ["name", "description", "inputSchema", "annotations"], false),
            ("2025-06-18", ["name", "title", "description", "inputSchema", "outputSchema", "annotations"], true),
            ("2025-11-25", ["name", "title", "description", "inputSchema", "outputSchema", "annotations"], true),
        ])
    func membersOfVersions(version: String, members: [String], isStructured: Bool) throws {
        var client = try Client.legacy(version)
        let tools = try #require(try client.result("tools/list")["tools"]?.arrayValue)
        #expect(tools.count == 7)
        for tool in tools { #expect(tool.objectValue?.keys.filter { $0 != "execution" } == members) }
        let call = try client.call("list_sessions", meta: nil)
        let result = try client.finish(call, with: ToolResult(["sessions": []]))
        #expect((result["structuredContent"] != nil) == isStructured)
        #expect(result["content"] == [["type": "text", "text": #"{"sessions":[]}"#]])
    }

    @Test("the level of log messages may be any of the eight")
    func logLevel() throws {
        var client = try Client.legacy()
        for level in ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] {
            #expect(try client.result("logging/setLevel", ["level": .string(level)]) == [:])
        }
        for level in ["trace", .null, 7] as [JSON] {
            #expect(try client.error("logging/setLevel", ["level": level]).code == .invalidParams)
        }
    }

    @Test(
        "unknown methods do not exist",
        arguments: ["resources/write", "tasks/update", "subscriptions/listen", "shutdown"])
    func unknownMethods(method: String) throws {
        var client = try Client.legacy()
        #expect(try client.error(method).code == .methodNotFound)
        var fresh = Client()
        #expect(try fresh.error(method).code == .methodNotFound)
    }

    @Test("a second handshake agrees anew")
    func secondHandshake() throws {
        var client = try Client.legacy("2025-11-25")
        _ = try client.result("initialize", ["protocolVersion": "2024-11-05"])
        #expect(client.conversation.negotiated == .november2024)
    }
}
