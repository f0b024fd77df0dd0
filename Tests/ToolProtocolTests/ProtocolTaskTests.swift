import JSON
import Testing

@testable import ToolProtocol

@Suite("Tasks of the protocol")
struct ProtocolTaskTests {
    private static let id = "0123456789abcdef0123456789abcdef"

    private func task(_ state: ProtocolTask.State) -> ProtocolTask {
        ProtocolTask(
            id: Self.id, state: state, message: "so it is", createdAt: "2026-01-01T00:00:00.000Z",
            updatedAt: "2026-01-01T00:00:01.000Z", timeToLive: 5000)
    }

    private func meta(declares: Bool) throws -> JSON {
        var meta = try #require(Client.modernMeta.objectValue)
        let capabilities: JSON = declares ? ["extensions": ["io.modelcontextprotocol/tasks": [:]]] : [:]
        meta["io.modelcontextprotocol/clientCapabilities"] = capabilities
        return .object(meta)
    }

    private func query(_ client: inout Client, _ method: String, _ params: JSONObject) throws -> Query {
        guard case .query(let query) = client.send(method, params) else {
            throw Unexpected(description: "\(method) was not to be looked up")
        }
        return query
    }

    // MARK: 2025-11-25

    @Test("with a handshake a call becomes a task where it asks for that, and only there")
    func legacyCalls() throws {
        var client = try Client.legacy()
        #expect(try !client.call("execute_command", ["command": "make"], meta: nil).asTask)
        guard
            case .call(let call) = client.send(
                "tools/call", ["name": "execute_command", "arguments": [:], "task": ["ttl": 60_000]], id: .integer(2))
        else { throw Unexpected(description: "no call") }
        #expect(call.asTask)
        let response = client.conversation.finish(call, with: task(.working))
        #expect(
            response?.outcome
                == .result([
                    "task": [
                        "taskId": .string(Self.id), "status": "working", "statusMessage": "so it is",
                        "createdAt": "2026-01-01T00:00:00.000Z", "lastUpdatedAt": "2026-01-01T00:00:01.000Z",
                        "ttl": 5000, "pollInterval": 1000,
                    ]
                ]))
        #expect(client.conversation.finish(call, with: task(.working)) == nil)
    }

    @Test("a tool that starts nothing can't be called as a task")
    func forbidden() throws {
        var client = try Client.legacy()
        let error = try client.error("tools/call", ["name": "list_sessions", "task": [:]])
        #expect(error.code == .methodNotFound)
    }

    @Test(
        "a wish for a task that can't be meant is an invalid parameter",
        arguments: [1, ["ttl": -1], ["ttl": "x"]] as [JSON])
    func malformedWish(wish: JSON) throws {
        var client = try Client.legacy()
        let error = try client.error("tools/call", ["name": "execute_command", "arguments": [:], "task": wish])
        #expect(error.code == .invalidParams)
    }

    @Test(
        "older versions know no tasks: the wish has no meaning, the methods do not exist",
        arguments: ["2025-06-18", "2025-03-26", "2024-11-05"])
    func olderVersions(version: String) throws {
        var client = try Client.legacy(version)
        guard
            case .call(let call) = client.send(
                "tools/call", ["name": "execute_command", "arguments": [:], "task": ["ttl": 1]], id: .integer(2))
        else { throw Unexpected(description: "no call") }
        #expect(!call.asTask)
        for method in ["tasks/get", "tasks/list", "tasks/result", "tasks/cancel"] {
            #expect(try client.error(method, ["taskId": "x"]).code == .methodNotFound)
        }
    }

    @Test("the methods of 2025-11-25 are looked up")
    func legacyMethods() throws {
        let params: JSONObject = ["taskId": .string(Self.id)]
        let subjects: [(String, JSONObject, Query.Subject)] = [
            ("tasks/get", params, .task(Self.id)), ("tasks/result", params, .taskResult(Self.id)),
            ("tasks/cancel", params, .cancelTask(Self.id)), ("tasks/list", [:], .tasks(cursor: nil)),
            ("tasks/list", ["cursor": "c"], .tasks(cursor: "c")),
        ]
        for (method, params, subject) in subjects {
            var client = try Client.legacy()
            #expect(try query(&client, method, params).subject == subject)
        }
        var client = try Client.legacy()
        #expect(try client.error("tasks/get").code == .invalidParams)
        #expect(try client.error("tasks/list", ["cursor": 1]).code == .invalidParams)
        #expect(try client.error("tasks/update", params).code == .methodNotFound)
    }

    @Test("the result of a task says whose it is")
    func related() throws {
        var client = try Client.legacy()
        let query = try query(&client, "tasks/result", ["taskId": .string(Self.id)])
        let response = client.conversation.finish(query.request, with: ToolResult(["a": 1]), relatedTo: Self.id)
        guard case .result(let result) = response?.outcome else { throw Unexpected(description: "no result") }
        #expect(result["structuredContent"] == ["a": 1])
        #expect(result["_meta"] == ["io.modelcontextprotocol/related-task": ["taskId": .string(Self.id)]])
    }

    @Test("a query is cancelled as a call is")
    func cancelled() throws {
        var client = try Client.legacy()
        let query = try query(&client, "tasks/result", ["taskId": .string(Self.id)])
        #expect(
            client.receive(Notification(method: "notifications/cancelled", params: ["requestId": 1]).line)
                == .cancel(.integer(1)))
        #expect(client.conversation.finish(query.request, with: [:]) == nil)
    }

    // MARK: 2026-07-28

    @Test("without a handshake a call becomes a task where the client can take one and does not say how long it waits")
    func modernCalls() throws {
        var client = Client()
        let declared = try meta(declares: true)
        let undeclared = try meta(declares: false)
        #expect(try client.call("execute_command", [:], meta: declared, id: .integer(1)).asTask)
        #expect(try !client.call("execute_command", [:], meta: undeclared, id: .integer(2)).asTask)
        #expect(try !client.call("read_output", [:], meta: declared, id: .integer(3)).asTask)
        #expect(try !client.call("execute_command", ["wait": false], meta: declared, id: .integer(4)).asTask)
        #expect(try !client.call("execute_command", ["timeout_ms": 5], meta: declared, id: .integer(5)).asTask)
    }

    @Test("the answer is the task itself, as a kind of result of its own")
    func flat() throws {
        var client = Client()
        let call = try client.call("claude_code", [:], meta: try meta(declares: true))
        let response = client.conversation.finish(call, with: task(.working))
        guard case .result(let result) = response?.outcome else { throw Unexpected(description: "no result") }
        #expect(
            result.keys == [
                "resultType", "taskId", "status", "statusMessage", "createdAt", "lastUpdatedAt", "ttlMs",
                "pollIntervalMs", "_meta",
            ])
        #expect(result["resultType"] == "task" && result["ttlMs"] == 5000)
    }

    @Test(
        "methods for tasks need the declaration, and say which",
        arguments: ["tasks/get", "tasks/update", "tasks/cancel"])
    func needsDeclaration(method: String) throws {
        var client = Client()
        let error = try client.error(method, ["taskId": .string(Self.id), "_meta": try meta(declares: false)])
        #expect(error.code.rawValue == -32021)
        #expect(error.data == ["requiredCapabilities": ["extensions": ["io.modelcontextprotocol/tasks": [:]]]])
        let params: JSONObject = ["taskId": .string(Self.id), "_meta": try meta(declares: true)]
        _ = try query(&client, method, params)
    }

    @Test("a tool that failed failed the task in 2025-11-25, and completed it in 2026-07-28, where the result is in it")
    func states() {
        let failed = task(.ended(failed: true))
        #expect(failed.status(for: .november2025) == "failed" && failed.status(for: .july2026) == "completed")
        let good = task(.ended(failed: false))
        #expect(good.status(for: .november2025) == "completed" && good.status(for: .july2026) == "completed")
        for version in [ProtocolVersion.november2025, .july2026] {
            #expect(task(.cancelled).status(for: version) == "cancelled")
            #expect(task(.working).status(for: version) == "working")
            #expect(task(.cancelled).members(for: version, result: ToolResult([:]))["result"] == nil)
        }
        let result = ToolResult(["a": 1], isError: true)
        #expect(failed.members(for: .november2025, result: result)["result"] == nil)
        let inner = failed.members(for: .july2026, result: result)["result"]
        #expect(inner?["resultType"] == "complete" && inner?["isError"] == true)
        #expect(inner?["structuredContent"] == ["a": 1])
    }

    @Test("a life without an end is null, not left out")
    func endless() {
        let task = ProtocolTask(
            id: Self.id, state: .working, message: "", createdAt: "", updatedAt: "", timeToLive: nil)
        #expect(task.members(for: .november2025)["ttl"] == .null)
        #expect(task.members(for: .july2026)["ttlMs"] == .null)
    }
}
