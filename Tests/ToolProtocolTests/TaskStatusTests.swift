import JSON
import Testing

@testable import ToolProtocol

@Suite("Tasks of the protocol that change")
struct TaskStatusTests {
    private static let id = "0123456789abcdef0123456789abcdef"

    private func task(_ state: ProtocolTask.State) -> ProtocolTask {
        ProtocolTask(id: Self.id, state: state, message: "m", createdAt: "c", updatedAt: "u", timeToLive: 1)
    }

    private func meta(declares: Bool) throws -> JSON {
        var meta = try #require(Client.modernMeta.objectValue)
        let capabilities: JSON = declares ? ["extensions": ["io.modelcontextprotocol/tasks": [:]]] : [:]
        meta["io.modelcontextprotocol/clientCapabilities"] = capabilities
        return .object(meta)
    }

    @Test("a client of 2025-11-25 hears of the tasks that it started as such, until it was told of the end")
    func legacy() throws {
        var client = try Client.legacy()
        let params: JSONObject = ["name": "execute_command", "arguments": [:], "task": [:]]
        guard case .call(let call) = client.send("tools/call", params) else { throw Unexpected(description: "no call") }
        #expect(!client.conversation.hearsOfStatus(of: Self.id))
        _ = client.conversation.finish(call, with: task(.working))
        #expect(client.conversation.hearsOfStatus(of: Self.id) && client.conversation.followedTasks == [Self.id])
        #expect(client.conversation.awaitsEnd(of: Self.id))
        let ended = task(.ended(failed: true))
        #expect(
            client.conversation.statusNotices(of: ended, result: nil) == [
                Notification(method: "notifications/tasks/status", params: ended.members(for: .november2025))
            ])
        client.conversation.forget(Self.id)
        #expect(!client.conversation.hearsOfStatus(of: Self.id) && client.conversation.followedTasks.isEmpty)
    }

    @Test("a call that did not ask for a task is told of none")
    func notNegotiated() throws {
        var client = try Client.legacy()
        let call = try client.call("execute_command", meta: nil)
        _ = client.conversation.finish(call, with: ToolResult(["task_id": .string(Self.id)]))
        #expect(!client.conversation.hearsOfStatus(of: Self.id))
        #expect(client.conversation.statusNotices(of: task(.cancelled), result: nil).isEmpty)
    }

    @Test("a client of 2026-07-28 that listens hears the whole task, with its result")
    func modern() throws {
        var client = Client()
        let wishes: JSON = ["taskIds": [.string(Self.id)]]
        let action = client.send(
            "subscriptions/listen", ["notifications": wishes, "_meta": try meta(declares: true)], id: .integer(4))
        guard case .subscription(let subscription) = action, case .listen(let filter) = subscription.change else {
            throw Unexpected(description: "\(action)")
        }
        #expect(filter.tasks == [Self.id])
        guard case .notification(let first) = client.conversation.listen(subscription.request, filter) else {
            throw Unexpected(description: "no acknowledgment")
        }
        #expect(first.params["notifications"] == wishes)
        let notices = client.conversation.statusNotices(
            of: task(.ended(failed: false)), result: ToolResult(["a": 1]), for: subscription.request)
        #expect(notices.map(\.method) == ["notifications/tasks"])
        let params = notices[0].params
        #expect(params["status"] == "completed" && params["result"]?["structuredContent"] == ["a": 1])
        #expect(params["_meta"] == ["io.modelcontextprotocol/subscriptionId": 4])
        #expect(client.conversation.statusNotices(of: task(.cancelled), result: nil).count == 1)
    }

    @Test("listening to tasks needs the extension")
    func undeclared() throws {
        var client = Client()
        let error = try client.error(
            "subscriptions/listen", ["notifications": ["taskIds": ["t"]], "_meta": try meta(declares: false)])
        #expect(error == .missingTasks)
    }
}
