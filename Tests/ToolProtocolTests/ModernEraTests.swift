import JSON
import Testing

@testable import ToolProtocol

@Suite("Requests that carry their version (2026-07-28)")
struct ModernEraTests {
    let meta: JSONObject = ["_meta": Client.modernMeta]

    func with(_ key: String, _ value: JSON?) throws -> JSONObject {
        var members = try #require(Client.modernMeta.objectValue)
        members["io.modelcontextprotocol/" + key] = value
        return ["_meta": .object(members)]
    }

    @Test("server/discover tells the version, what there is, and how long that holds")
    func discover() throws {
        var client = Client()
        let result = try client.result("server/discover", meta)
        #expect(
            result.keys == [
                "resultType", "supportedVersions", "capabilities", "instructions", "ttlMs", "cacheScope", "_meta",
            ])
        #expect(result["resultType"] == "complete")
        #expect(result["supportedVersions"] == ["2026-07-28"])
        #expect(
            result["capabilities"] == [
                "tools": [:], "prompts": [:], "resources": ["subscribe": true, "listChanged": true], "logging": [:],
                "completions": [:],
                "extensions": ["io.modelcontextprotocol/tasks": [:]],
            ])
        #expect(result["ttlMs"] == 3_600_000 && result["cacheScope"] == "public")
        #expect(
            result["_meta"] == [
                "io.modelcontextprotocol/serverInfo": ["name": "caisson", "title": "Caisson", "version": "9.8.7"]
            ])
        #expect(client.conversation.negotiated == nil)
    }

    @Test("tools/list gives all tools with title and schemas, and may be kept")
    func listTools() throws {
        var client = Client()
        let result = try client.result("tools/list", meta)
        #expect(result.keys == ["resultType", "tools", "ttlMs", "cacheScope", "_meta"])
        #expect(
            result["tools"]?.arrayValue?.map { $0["name"] } == [
                "execute_command", "read_output", "write_input", "force_terminate", "list_sessions", "explain_policy",
                "claude_code",
            ])
        for tool in result["tools"]?.arrayValue ?? [] {
            #expect(
                tool.objectValue?.keys == [
                    "name", "title", "description", "inputSchema", "outputSchema", "annotations",
                ])
        }
    }

    @Test("a call's result says that it is complete, and whose it is")
    func callTool() throws {
        var client = Client()
        let call = try client.call("list_sessions")
        #expect(
            try client.finish(call, with: ToolResult(["sessions": []])) == [
                "resultType": "complete",
                "content": [["type": "text", "text": #"{"sessions":[]}"#]],
                "structuredContent": ["sessions": []],
                "isError": false,
                "_meta": [
                    "io.modelcontextprotocol/serverInfo": ["name": "caisson", "title": "Caisson", "version": "9.8.7"]
                ],
            ])
    }

    @Test(
        "a version that is not spoken is refused with those that are, whatever the method",
        arguments: ["2026-07-27", "2025-11-25", "DRAFT-2027", ""], ["server/discover", "tools/list", "no/such"])
    func unsupportedVersion(version: String, method: String) throws {
        var client = Client()
        let alone: JSONObject = ["_meta": ["io.modelcontextprotocol/protocolVersion": .string(version)]]
        for params in [try with("protocolVersion", .string(version)), alone] {
            let error = try client.error(method, params)
            #expect(error.code.rawValue == -32022)
            #expect(
                error.data == [
                    "supported": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
                    "requested": .string(version),
                ])
        }
    }

    @Test(
        "what a request must say of itself and does not is an invalid parameter",
        arguments: [
            ("protocolVersion", JSON?.none), ("protocolVersion", 20_260_728), ("clientCapabilities", JSON?.none),
            ("clientCapabilities", JSON.null), ("clientCapabilities", []),
        ] as [(String, JSON?)])
    func missingMeta(key: String, value: JSON?) throws {
        var client = Client()
        for method in ["server/discover", "tools/list", "tools/call"] {
            let error = try client.error(method, try with(key, value))
            #expect(error.code.rawValue == -32602)
            #expect(error.message.contains(key))
        }
    }

    @Test("server/discover without any of it is an invalid parameter, after a handshake, too")
    func discoverWithoutMeta() throws {
        var client = Client()
        #expect(try client.error("server/discover").code == .invalidParams)
        #expect(try client.error("server/discover", ["_meta": [:]]).code == .invalidParams)
        var legacy = try Client.legacy()
        #expect(try legacy.error("server/discover").code == .invalidParams)
    }

    @Test(
        "methods of the other era and unknown ones do not exist",
        arguments: ["ping", "logging/setLevel", "resources/subscribe", "tasks/list", "tasks/result", "Tools/List", ""])
    func unknownMethods(method: String) throws {
        var client = Client()
        let error = try client.error(method, meta)
        #expect(error.code.rawValue == -32601)
        #expect(error.data == nil)
    }

    @Test("an unknown method of a megabyte does not come back whole")
    func hugeMethod() throws {
        var client = Client()
        let error = try client.error(String(repeating: "é\u{1B}", count: 500_000), meta)
        #expect(error.code == .methodNotFound)
        #expect(error.message.utf8.count < 300)
        #expect(!error.message.contains("\u{1B}"))
    }

    @Test("a request that carries its version is served so on a connection with a handshake, too")
    func mixedEras() throws {
        var client = try Client.legacy("2025-06-18")
        #expect(try client.result("tools/list", meta)["resultType"] == "complete")
        #expect(try client.result("tools/list")["resultType"] == nil)
        #expect(client.conversation.negotiated == .june2025)
    }

    @Test("no cursor was given out, so none is accepted", arguments: ["", "x", .null] as [JSON])
    func cursor(value: JSON) throws {
        var client = Client()
        #expect(try client.error("tools/list", ["cursor": value, "_meta": Client.modernMeta]).code == .invalidParams)
    }
}
