import JSON
import Testing

@testable import ToolProtocol

@Suite("Calls")
struct ToolCallTests {
    @Test("a call carries its tool, arguments, version and progress token", arguments: [7, "token"] as [JSON])
    func members(token: JSON) throws {
        var client = Client()
        var meta = try #require(Client.modernMeta.objectValue)
        meta["progressToken"] = token
        let call = try client.call(
            "execute_command", ["command": "make"], meta: .object(meta), id: .string("call-1"))
        #expect(call.id == .string("call-1"))
        #expect(call.tool == .executeCommand)
        #expect(call.arguments == ["command": "make"])
        #expect(call.version == .july2026)
        #expect(call.progressToken?.json == token)
    }

    @Test("a call without arguments has none")
    func noArguments() throws {
        var client = try Client.legacy()
        let call = try client.call("list_sessions", nil, meta: nil)
        #expect(call.arguments == [:])
        #expect(call.version == .november2025)
        #expect(call.progressToken == nil)
    }

    @Test(
        "a malformed call is an error of the protocol",
        arguments: [
            [:], ["name": 5], ["name": "rm"], ["name": "Execute_Command"], ["name": "write-input"],
            ["name": "execute_command", "arguments": []], ["name": "execute_command", "arguments": "ls"],
            ["name": "execute_command", "arguments": .null], ["name": "list_sessions", "_meta": 1],
            ["name": "list_sessions", "_meta": ["progressToken": 1.5]],
        ] as [JSONObject])
    func malformed(params: JSONObject) throws {
        var client = try Client.legacy()
        #expect(try client.error("tools/call", params).code.rawValue == -32602)
    }

    @Test("a tool that is not offered does not exist")
    func notOffered() throws {
        var client = Client(
            conversation: Conversation(
                server: ServerDescription(version: "1", tools: ToolCatalogue([.listSessions]))))
        #expect(
            try client.error("tools/call", ["name": "claude_code", "_meta": Client.modernMeta]).code == .invalidParams)
        #expect(try client.call("list_sessions").tool == .listSessions)
    }

    @Test("bad values of arguments are not the protocol's business")
    func badValues() throws {
        var client = try Client.legacy()
        let call = try client.call("execute_command", ["comand": "ls"], meta: nil)
        let error = #expect(throws: ArgumentError.self) { try call.request() }
        let result = ToolResult(refusing: try #require(error))
        #expect(result.isError)
        #expect(result.texts == [#"there is no argument "comand"; did you mean "command"?"#])
        #expect(result.structured["reason"] == .string(result.texts[0]))
        #expect(result.structured["invalid"]?["argument"] == "comand")
        #expect(result.structured["invalid"]?["nearest"] == "command")
    }

    @Test("a call is answered once")
    func once() throws {
        var client = Client()
        let call = try client.call("list_sessions")
        #expect(client.conversation.finish(call, with: ToolResult([:])) != nil)
        #expect(client.conversation.finish(call, with: ToolResult([:])) == nil)
    }

    @Test("a call for which the server fails is answered with the error")
    func failure() throws {
        var client = Client()
        let call = try client.call("list_sessions", id: .integer(3))
        let answer = client.conversation.fail(call.opened, with: .internalError("the ledger can't be read"))
        #expect(answer == Response(id: .integer(3), .error(.internalError("the ledger can't be read"))))
        #expect(client.conversation.fail(call.opened, with: .internalError("again")) == nil)
    }

    @Test("a cancelled call gets no answer, and its id may be used again")
    func cancellation() throws {
        var client = Client()
        let cancelled = try client.call("list_sessions", id: .integer(5))
        let other = try client.call("list_sessions", id: .string("5"))
        let cancel = Notification(method: "notifications/cancelled", params: ["requestId": 5, "reason": "stop"])
        #expect(client.receive(cancel.line) == .cancel(.integer(5)))
        #expect(client.receive(cancel.line) == .nothing)
        let again = try client.call("list_sessions", id: .integer(5))
        #expect(client.conversation.finish(cancelled, with: ToolResult([:])) == nil)
        #expect(client.conversation.finish(again, with: ToolResult([:])) != nil)
        #expect(client.conversation.finish(other, with: ToolResult([:])) != nil)
    }

    @Test(
        "other notifications, answers and cancellations of nothing ask for nothing",
        arguments: [
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":null}}"#,
            #"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#,
            #"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
            #"{"jsonrpc":"2.0","method":"tools/list"}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
        ])
    func nothing(line: String) {
        var client = Client()
        #expect(client.receive(Array(line.utf8)) == .nothing)
    }

    @Test("the id of an open call can't be used again, and the refusal does not settle that call")
    func idInUse() throws {
        var client = Client()
        let call = try client.call("list_sessions", id: .integer(1))
        guard case .answer(let refusal) = client.send("ping", id: .integer(1)) else {
            throw Unexpected(description: "no answer")
        }
        #expect(refusal.id == nil)
        guard case .error(let error) = refusal.outcome else { throw Unexpected(description: "no error") }
        #expect(error.code == .invalidRequest)
        #expect(client.conversation.finish(call, with: ToolResult([:]))?.id == .integer(1))
    }

    @Test("a line that is no message is answered, and the conversation goes on")
    func badLine() throws {
        var client = try Client.legacy()
        for line in ["{", "[]", "\u{0}", "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"ping\"}"] {
            guard case .answer(let response) = client.receive(Array(line.utf8)) else {
                throw Unexpected(description: "no answer to \(line)")
            }
            #expect(response.id == nil)
        }
        #expect(try client.result("ping") == [:])
    }
}
