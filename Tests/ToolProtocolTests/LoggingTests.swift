import JSON
import Testing

@testable import ToolProtocol

@Suite("The log")
struct LoggingTests {
    private static let entry = LogEntry(.notice, "relaxation", "policy p relaxes k", ["task_id": "t"])
    private static let notice = Notification(
        method: "notifications/message",
        params: [
            "level": "notice", "logger": "caisson",
            "data": ["event": "relaxation", "message": "policy p relaxes k", "task_id": "t"],
        ])

    private func meta(_ level: JSON?) throws -> JSON {
        var meta = try #require(Client.modernMeta.objectValue)
        meta["io.modelcontextprotocol/logLevel"] = level
        return .object(meta)
    }

    @Test("levels are ordered as syslog's are")
    func order() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
        #expect(LogLevel.debug < .info && LogLevel.warning < .emergency)
    }

    @Test("a client of a handshake hears from the level that it set on, and of nothing before")
    func legacy() throws {
        var client = try Client.legacy()
        let silent = try client.call("execute_command", meta: nil, id: .integer(9))
        #expect(client.conversation.notice(of: Self.entry) == nil && !silent.opened.hears(of: .emergency))
        for (level, hears) in [("info", true), ("notice", true), ("warning", false)] {
            #expect(try client.result("logging/setLevel", ["level": .string(level)]) == [:])
            #expect(client.conversation.notice(of: Self.entry) == (hears ? Self.notice : nil))
        }
    }

    @Test("a request of 2026-07-28 hears of what happens for it, at its level, while it is open")
    func modern() throws {
        var client = Client()
        let call = try client.call("execute_command", meta: try meta("info"))
        #expect(client.conversation.notice(of: Self.entry, for: call.opened) == Self.notice)
        let strict = try client.call("execute_command", meta: try meta("error"), id: .integer(2))
        #expect(client.conversation.notice(of: Self.entry, for: strict.opened) == nil)
        let silent = try client.call("execute_command", id: .integer(3))
        #expect(client.conversation.notice(of: Self.entry, for: silent.opened) == nil)
        _ = client.conversation.finish(call, with: ToolResult([:]))
        #expect(client.conversation.notice(of: Self.entry, for: call.opened) == nil)
        #expect(client.conversation.notice(of: Self.entry) == nil)
    }

    @Test("what is no level is an invalid parameter", arguments: ["trace", "INFO", 7, .null] as [JSON])
    func malformed(level: JSON) throws {
        var (modern, legacy) = (Client(), try Client.legacy())
        let params: JSONObject = ["name": "list_sessions", "_meta": try meta(level)]
        #expect(try modern.error("tools/call", params).code == .invalidParams)
        #expect(try legacy.error("logging/setLevel", ["level": level]).code == .invalidParams)
    }

    @Test("ends are logged for a client of a handshake until they are told")
    func ends() throws {
        var client = try Client.legacy()
        client.conversation.logEnd(of: "t")
        #expect(client.conversation.logsEnd(of: "t") && client.conversation.followedTasks == ["t"])
        client.conversation.forget("t")
        #expect(!client.conversation.logsEnd(of: "t") && client.conversation.followedTasks.isEmpty)
    }
}
