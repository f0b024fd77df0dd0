import JSON
import Testing

@testable import ToolProtocol

@Suite("Questions to the person at the client")
struct ElicitationTests {
    private let elicitation = Elicitation("Run it?", title: "Run it once")

    private static func client(_ version: String = "2025-11-25", _ capabilities: JSON = ["elicitation": [:]]) throws
        -> Client
    {
        var client = Client()
        _ = try client.result(
            "initialize",
            [
                "protocolVersion": .string(version), "capabilities": capabilities,
                "clientInfo": ["name": "t", "version": "1"],
            ])
        return client
    }

    private static func meta(_ capabilities: JSON) throws -> JSON {
        var meta = try #require(Client.modernMeta.objectValue)
        meta["io.modelcontextprotocol/clientCapabilities"] = capabilities
        return .object(meta)
    }

    private func answer(_ client: inout Client, _ id: RequestID, _ members: JSON) -> Action {
        let message: JSONObject = ["jsonrpc": "2.0", "id": id.json, "result": members]
        return client.receive(JSON.object(message).bytes)
    }

    @Test("only clients that have forms can ask, in versions that have elicitation")
    func capability() throws {
        let kinds: [(JSON, Bool)] = [
            ([:], false), (["elicitation": [:]], true), (["elicitation": ["form": [:]]], true),
            (["elicitation": ["form": [:], "url": [:]]], true), (["elicitation": ["url": [:]]], false),
            (["elicitation": true], false), (["elicitation": .null], false),
        ]
        for (capabilities, expected) in kinds {
            var modern = Client()
            let call = try modern.call("execute_command", meta: try Self.meta(capabilities))
            #expect(call.opened.canAsk == expected, "\(capabilities.text)")
            var legacy = try Self.client("2025-06-18", capabilities)
            #expect(try legacy.call("execute_command", meta: nil).opened.canAsk == expected)
            var old = try Self.client("2025-03-26", capabilities)
            #expect(try !old.call("execute_command", meta: nil).opened.canAsk)
        }
    }

    @Test("a request of the server asks, and its answer belongs to the call, once")
    func legacy() throws {
        var client = try Self.client()
        let call = try client.call("execute_command", meta: nil, id: .integer(7))
        let request = client.conversation.ask(call.opened, elicitation)
        let asked = try #require(request)
        #expect(asked.method == "elicitation/create")
        #expect(asked.params["mode"] == "form" && asked.params["message"] == "Run it?")
        #expect(asked.params["requestedSchema"]?["properties"]?["approve"]?["type"] == "boolean")
        #expect(try Message(line: asked.line) == .request(asked))
        let yes: JSON = ["action": "accept", "content": ["approve": true]]
        #expect(answer(&client, .string("another"), yes) == .nothing)
        #expect(answer(&client, asked.id, yes) == .answered(call.opened, .yes))
        #expect(answer(&client, asked.id, yes) == .nothing)
        #expect(client.conversation.finish(call, with: ToolResult([:])) != nil)
    }

    @Test(
        "only a ticked box that was sent is a yes",
        arguments: [
            (["action": "accept", "content": ["approve": true]], .yes),
            (["action": "accept", "content": ["approve": false]], .no), (["action": "accept"], .no),
            (["action": "accept", "content": ["approve": "true"]], .no),
            (["action": "accept", "content": ["approve": 1]], .no),
            (["action": "decline", "content": ["approve": true]], .no), (["action": "cancel"], .cancelled),
            (["action": "yes", "content": ["approve": true]], nil), ([:], nil), (["approve": true], nil),
        ] as [(JSON, ElicitationAnswer?)])
    func answers(result: JSON, expected: ElicitationAnswer?) {
        let answer = ElicitationAnswer(result)
        if let expected { return #expect(answer == expected) }
        guard case .failed = answer else {
            Issue.record("\(result.text) is \(answer)")
            return
        }
    }

    @Test("the question of a cancelled call is taken back, and its answer is one to nothing")
    func cancelled() throws {
        var client = try Self.client()
        let call = try client.call("execute_command", meta: nil, id: .integer(7))
        let request = client.conversation.ask(call.opened, elicitation)
        let asked = try #require(request)
        let cancel = Notification(method: "notifications/cancelled", params: ["requestId": 7])
        #expect(client.receive(cancel.line) == .cancel(.integer(7)))
        let notice = client.conversation.withdraw(call.opened)
        #expect(notice == Notification(method: "notifications/cancelled", params: ["requestId": asked.id.json]))
        #expect(client.conversation.withdraw(call.opened) == nil)
        #expect(answer(&client, asked.id, ["action": "accept", "content": ["approve": true]]) == .nothing)
        #expect(client.conversation.ask(call.opened, elicitation) == nil)
    }

    @Test("without a handshake the result asks, and the call comes again with the answer")
    func modern() throws {
        var client = Client()
        let meta = try Self.meta(["elicitation": [:]])
        let call = try client.call("execute_command", ["argv": ["ls"]], meta: meta)
        #expect(call.resumption == nil)
        let response = client.conversation.finish(call.opened, asking: elicitation, state: "abc")
        guard case .result(let result)? = response?.outcome else { throw Unexpected(description: "no result") }
        #expect(result["resultType"] == "input_required" && result["requestState"] == "abc")
        #expect(result["inputRequests"]?["approve"]?["method"] == "elicitation/create")
        #expect(client.conversation.finish(call.opened, asking: elicitation, state: "abc") == nil)
        let answers: JSON = ["approve": ["action": "accept", "content": ["approve": true]]]
        let params: JSONObject = [
            "name": "execute_command", "arguments": ["argv": ["ls"]], "_meta": meta, "requestState": "abc",
            "inputResponses": answers,
        ]
        guard case .call(let again) = client.send("tools/call", params, id: .integer(2)) else {
            throw Unexpected(description: "no call")
        }
        #expect(again.resumption?.state == "abc" && again.resumption?.answer == .yes)
        #expect(again.arguments == call.arguments)
    }

    @Test(
        "an answer without a question that can be named is an error",
        arguments: [
            ["inputResponses": [:]], ["requestState": 1], ["requestState": "a", "inputResponses": []],
            ["requestState": .null, "inputResponses": [:]],
        ] as [JSONObject])
    func malformed(more: JSONObject) throws {
        var client = Client()
        var params: JSONObject = ["name": "execute_command", "arguments": [:], "_meta": Client.modernMeta]
        for member in more.members { params.append(member.value, for: member.key) }
        #expect(try client.error("tools/call", params) == .neverAsked)
    }
}
