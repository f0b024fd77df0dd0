import JSON
import Testing

@testable import ToolProtocol

/// One request that is wrong, and what each era says of it.
struct WrongRequest: Sendable, CustomTestStringConvertible {
    let what: String
    let method: String
    let params: JSONObject
    /// The code of 2026-07-28; nil: the request has no meaning there.
    let modern: Int64?
    /// The code of 2025-11-25.
    let legacy: Int64?

    init(_ what: String, _ method: String, _ params: JSONObject = [:], modern: Int64?, legacy: Int64?) {
        (self.what, self.method, self.params, self.modern, self.legacy) = (what, method, params, modern, legacy)
    }

    /// The same code in both.
    init(_ what: String, _ method: String, _ params: JSONObject = [:], both code: Int64) {
        self.init(what, method, params, modern: code, legacy: code)
    }

    var testDescription: String { "\(method): \(what)" }
}

/// Every code that the specifications define for what a client can do wrong. Sources: JSON-RPC 2.0, section 5.1; the schemas of
/// 2025-11-25 and 2026-07-28 ("Error codes"); the extension for tasks.
@Suite("Error codes")
struct ErrorCodeTests {
    private static let id = String(repeating: "0", count: 32)

    static let requests: [WrongRequest] = [
        WrongRequest("unknown method", "no/such", both: -32601),
        WrongRequest("a method's name in another case", "Tools/List", both: -32601),
        WrongRequest("a method of the other era", "ping", modern: -32601, legacy: nil),
        WrongRequest("a method of the other era", "logging/setLevel", ["level": "info"], modern: -32601, legacy: nil),
        WrongRequest("a method of the other era", "resources/subscribe", ["uri": "x"], modern: -32601, legacy: -32002),
        WrongRequest(
            "a method of the other era", "resources/unsubscribe", ["uri": "x"], modern: -32601, legacy: -32002),
        WrongRequest("a method of the other era", "tasks/list", modern: -32601, legacy: nil),
        WrongRequest("a method of the other era", "tasks/result", ["taskId": "x"], modern: -32601, legacy: nil),
        WrongRequest("a method of the other era", "tasks/update", ["taskId": "x"], modern: -32021, legacy: -32601),
        WrongRequest(
            "a method of the other era", "subscriptions/listen", ["notifications": [:]], modern: nil, legacy: -32601),
        WrongRequest("an extension that was not declared", "tasks/get", ["taskId": "x"], modern: -32021, legacy: nil),
        WrongRequest(
            "an extension that was not declared", "tasks/cancel", ["taskId": "x"], modern: -32021, legacy: nil),
        WrongRequest(
            "an extension that was not declared", "subscriptions/listen", ["notifications": ["taskIds": ["x"]]],
            modern: -32021, legacy: -32601),
        WrongRequest("no name", "tools/call", both: -32602),
        WrongRequest("a name of a wrong kind", "tools/call", ["name": 5], both: -32602),
        WrongRequest("unknown tool", "tools/call", ["name": "x"], both: -32602),
        WrongRequest(
            "arguments of a wrong kind", "tools/call", ["name": "read_output", "arguments": []], both: -32602),
        WrongRequest("a cursor that was not given out", "tools/list", ["cursor": "x"], both: -32602),
        WrongRequest("a cursor that was not given out", "prompts/list", ["cursor": ""], both: -32602),
        WrongRequest("a cursor that was not given out", "resources/templates/list", ["cursor": "x"], both: -32602),
        WrongRequest("a cursor of a wrong kind", "resources/list", ["cursor": 1], both: -32602),
        WrongRequest("a cursor of a wrong kind", "tasks/list", ["cursor": 1], modern: -32601, legacy: -32602),
        WrongRequest("no task", "tasks/get", modern: -32021, legacy: -32602),
        WrongRequest("unknown prompt", "prompts/get", ["name": "x"], both: -32602),
        WrongRequest("an argument that is missing", "prompts/get", ["name": "why_refused"], both: -32602),
        WrongRequest(
            "a tool that starts nothing as a task", "tools/call", ["name": "list_sessions", "task": [:]], modern: nil,
            legacy: -32601),
        WrongRequest(
            "a wish for a task of a wrong kind", "tools/call", ["name": "execute_command", "task": 1], modern: nil,
            legacy: -32602),
        WrongRequest("no URI", "resources/read", both: -32602),
        WrongRequest("unknown resource", "resources/read", ["uri": "x"], modern: -32602, legacy: -32002),
        WrongRequest(
            "a part that tasks have not", "resources/read", ["uri": .string("caisson://tasks/\(id)/stdin")],
            modern: -32602,
            legacy: -32002),
        WrongRequest("no URI", "resources/subscribe", modern: -32601, legacy: -32602),
        WrongRequest("no filter", "subscriptions/listen", modern: -32602, legacy: -32601),
        WrongRequest("unknown level", "logging/setLevel", ["level": "x"], modern: -32601, legacy: -32602),
        WrongRequest("nothing to complete", "completion/complete", both: -32602),
        WrongRequest(
            "unknown prompt", "completion/complete",
            ["ref": ["type": "ref/prompt", "name": "x"], "argument": ["name": "command", "value": ""]], both: -32602),
        WrongRequest(
            "unknown template", "completion/complete",
            ["ref": ["type": "ref/resource", "uri": "x"], "argument": ["name": "task_id", "value": ""]], both: -32602),
    ]

    @Test("each mistake has its code in both eras", arguments: requests)
    func both(request: WrongRequest) throws {
        if let code = request.modern {
            var client = Client()
            let error = try client.error(request.method, request.params.with(Client.modernMeta, for: "_meta"))
            #expect(error.code.rawValue == code)
            try check(error, request)
        }
        guard let code = request.legacy else { return }
        var client = try Client.legacy()
        let error = try client.error(request.method, request.params)
        #expect(error.code.rawValue == code)
        try check(error, request)
    }

    /// What the codes must have in `data`.
    private func check(_ error: ProtocolError, _ request: WrongRequest) throws {
        #expect(!error.message.isEmpty && error.message.utf8.count < 300)
        switch error.code.rawValue {
        case -32021: #expect(error.data?["requiredCapabilities"]?.objectValue?.isEmpty == false)
        case -32002: #expect(error.data == ["uri": request.params["uri"] ?? .null])
        default: break
        }
    }

    @Test("2026-07-28 never says what it must not: -32002, -32042, or what it has not defined")
    func reserved() throws {
        for request in Self.requests where request.modern != nil {
            var client = Client()
            let code = try client.error(request.method, request.params.with(Client.modernMeta, for: "_meta")).code
                .rawValue
            #expect([-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022].contains(code))
        }
    }

    @Test(
        "a version that is not spoken here is named, with those that are", arguments: ["2025-11-25", "2027-01-01", ""])
    func version(requested: String) throws {
        var meta = try #require(Client.modernMeta.objectValue)
        meta["io.modelcontextprotocol/protocolVersion"] = .string(requested)
        for method in ["server/discover", "tools/call", "no/such"] {
            var client = Client()
            let error = try client.error(method, ["_meta": .object(meta)])
            #expect(error.code.rawValue == -32022)
            let supported = try #require(error.data?["supported"]?.arrayValue)
            #expect(supported.contains("2026-07-28") && error.data?["requested"] == .string(requested))
        }
    }

    @Test("what a modern request must say of itself and does not is an invalid parameter, before anything else")
    func incomplete() throws {
        for method in ["server/discover", "tools/call", "subscriptions/listen", "no/such"] {
            var client = Client()
            let meta: JSON = ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]
            #expect(try client.error(method, ["_meta": meta]).code.rawValue == -32602)
        }
    }

    private static let lines: [(String, Int64)] = [
        ("{", -32700), ("\u{1}", -32700), ("nul", -32700), (#"{"a":1,"a":2}"#, -32700),
        (String(repeating: "[", count: 100_000), -32700), ("[]", -32600), ("5", -32600), ("{}", -32600),
        (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600), (#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":5}"#, -32600),
    ]

    @Test("what is no message, or none that can be meant, has the codes of JSON-RPC", arguments: lines)
    func noMessage(line: String, code: Int64) {
        var client = Client()
        guard case .answer(let response) = client.receive(Array(line.utf8)), case .error(let error) = response.outcome
        else {
            Issue.record("there was no error")
            return
        }
        #expect(error.code.rawValue == code)
    }

    @Test("an id that is in use can't be used again")
    func inUse() throws {
        var client = try Client.legacy()
        _ = try client.call("execute_command", meta: nil)
        guard case .answer(let response) = client.send("ping"), case .error(let error) = response.outcome else {
            throw Unexpected(description: "no error")
        }
        #expect(error.code.rawValue == -32600)
    }
}
