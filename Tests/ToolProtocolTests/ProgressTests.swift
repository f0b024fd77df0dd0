import JSON
import Testing

@testable import ToolProtocol

@Suite("Progress")
struct ProgressTests {
    private func started(_ client: inout Client) throws -> ToolCall {
        try client.call("execute_command", ["command": "make"], meta: ["progressToken": "p"])
    }

    @Test("a client that gave a token hears how many bytes there are, and the last line")
    func tells() throws {
        var client = try Client.legacy()
        let call = try started(&client)
        let notice = client.conversation.progress(call.opened, 7, message: "step 1")
        #expect(
            notice
                == Notification(
                    method: "notifications/progress",
                    params: ["progressToken": "p", "progress": 7, "message": "step 1"]))
        #expect(client.conversation.progress(call.opened, 8, message: nil)?.params["message"] == nil)
    }

    @Test("progress only increases: what is not more is not told")
    func increases() throws {
        var client = try Client.legacy()
        let call = try started(&client)
        #expect(client.conversation.progress(call.opened, 0, message: nil) == nil)
        #expect(client.conversation.progress(call.opened, 7, message: nil) != nil)
        #expect(client.conversation.progress(call.opened, 7, message: "again") == nil)
        #expect(client.conversation.progress(call.opened, 6, message: nil) == nil)
        #expect(client.conversation.progress(call.opened, 8, message: nil) != nil)
    }

    @Test("a client that gave no token hears nothing")
    func withoutToken() throws {
        var client = try Client.legacy()
        let call = try client.call("execute_command", ["command": "make"], meta: nil)
        #expect(client.conversation.progress(call.opened, 7, message: nil) == nil)
    }

    @Test("after the answer, or after a cancellation, nothing comes")
    func afterTheAnswer() throws {
        var client = try Client.legacy()
        let call = try started(&client)
        _ = try client.finish(call, with: ToolResult([:]))
        #expect(client.conversation.progress(call.opened, 7, message: nil) == nil)
        let other = try started(&client)
        #expect(
            client.receive(Notification(method: "notifications/cancelled", params: ["requestId": 1]).line)
                == .cancel(.integer(1)))
        #expect(client.conversation.progress(other.opened, 7, message: nil) == nil)
        // A later request with the same id is another one.
        let third = try started(&client)
        #expect(client.conversation.progress(other.opened, 7, message: nil) == nil)
        #expect(client.conversation.progress(third.opened, 7, message: nil) != nil)
    }
}
