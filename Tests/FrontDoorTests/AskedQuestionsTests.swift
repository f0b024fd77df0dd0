import JSON
import Launching
import Policy
import Supervision
import Testing

@testable import FrontDoor
@testable import ToolProtocol

@Suite("Questions for which the client calls again")
struct AskedQuestionsTests {
    private let questions = AskedQuestions()

    private func call(_ tool: String = "execute_command", _ arguments: JSON = ["argv": ["a"]]) throws -> ToolCall {
        var conversation = Conversation(server: ServerDescription(version: "1"))
        let meta: JSON = [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": ["elicitation": [:]],
        ]
        let params: JSONObject = ["name": .string(tool), "arguments": arguments, "_meta": meta]
        let request = Request(id: .integer(1), method: "tools/call", params: params)
        guard case .call(let call) = conversation.receive(.request(request)) else {
            throw ProtocolError.internalError("no call")
        }
        return call
    }

    private func question(_ name: String = "a") -> ApprovalQuestion {
        let file = ProgramIdentity(path: "/a", device: 1, inode: 1, size: 1, modified: 1, changed: 1)
        return ApprovalQuestion(
            arguments: [name], executed: [name], files: [file], asked: file, workingDirectory: "/", workspace: nil,
            variables: [], input: nil, policy: "p", policyDigest: "d", reasons: [])
    }

    private func asked(_ name: String = "a") throws -> AskedCall {
        guard case .executeCommand(let request) = try call().request() else {
            throw ProtocolError.internalError("no order")
        }
        return AskedCall(
            call: try call(), order: Supervisor.Order(.arguments([name])), waiting: request.waiting,
            question: question(name), deadline: 0)
    }

    @Test("a question is answered once, by its name, for its call")
    func once() throws {
        let state = try questions.keep(try asked(), now: 0)
        #expect(state.utf8.count == 32)
        #expect(questions.take("", for: try call(), now: 1) == nil)
        #expect(questions.take(state, for: try call(), now: 1) == question())
        #expect(questions.take(state, for: try call(), now: 1) == nil)
        #expect(AskedQuestions().take(state, for: try call(), now: 1) == nil)
    }

    @Test("with another call its name is used up")
    func anotherCall() throws {
        let others = [
            try call("claude_code", ["prompt": "a"]), try call("execute_command", ["argv": ["b"]]),
            try call("execute_command", ["argv": ["a"], "cwd": "x"]), try call("execute_command", ["command": "a"]),
        ]
        for other in others {
            let state = try questions.keep(try asked(), now: 0)
            #expect(questions.take(state, for: other, now: 1) == nil)
            #expect(questions.take(state, for: try call(), now: 1) == nil)
        }
    }

    @Test("it is good for ten minutes")
    func expiry() throws {
        let first = try questions.keep(try asked(), now: 5)
        #expect(questions.take(first, for: try call(), now: 5 + 600_000_000_000) == nil)
        let second = try questions.keep(try asked(), now: 5)
        #expect(questions.take(second, for: try call(), now: 4 + 600_000_000_000) != nil)
    }

    @Test("one that nobody can answer any more is given once: too old, another call's, or at the end")
    func unanswered() throws {
        let states = try ["a", "b", "c", "d"].map { try questions.keep(try asked($0), now: $0 == "d" ? 9 : 0) }
        #expect(questions.expires == 600_000_000_000)
        #expect(questions.take(states[0], for: try call(), now: 1) != nil)
        #expect(questions.take(states[1], for: try call("execute_command", ["argv": ["b"]]), now: 1) == nil)
        #expect(questions.unanswered(now: 2).map(\.question) == [question("b")])
        #expect(questions.unanswered(now: 600_000_000_000).map(\.question) == [question("c")])
        #expect(questions.unanswered(now: .max).map(\.question) == [question("d")])
        #expect(questions.unanswered(now: .max).isEmpty && questions.expires == .max)
    }

    @Test("so many are kept; the oldest is forgotten first")
    func limit() throws {
        let states = try (0...AskedQuestions.limit).map {
            try questions.keep(try asked("\($0)"), now: 0)
        }
        #expect(Set(states).count == states.count)
        #expect(questions.take(states[0], for: try call(), now: 1) == nil)
        #expect(questions.take(states[1], for: try call(), now: 1) == question("1"))
        #expect(questions.unanswered(now: 1).map(\.question) == [question("0")])
    }
}
