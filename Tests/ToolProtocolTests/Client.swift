import JSON
import Testing

@testable import ToolProtocol

/// The other end of a conversation, as tests write it.
struct Client {
    var conversation = Conversation(server: ServerDescription(version: "9.8.7"))

    static let modernMeta: JSON = [
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": ["name": "test", "version": "1"],
        "io.modelcontextprotocol/clientCapabilities": [:],
    ]

    /// A client after the handshake.
    static func legacy(_ version: String = "2025-11-25") throws -> Client {
        var client = Client()
        let result = try client.result(
            "initialize",
            ["protocolVersion": .string(version), "capabilities": [:], "clientInfo": ["name": "t", "version": "1"]])
        #expect(result["protocolVersion"] == .string(version))
        #expect(client.receive(Notification(method: "notifications/initialized").line) == .nothing)
        return client
    }

    mutating func receive(_ line: [UInt8]) -> Action { conversation.receive(line: line) }

    /// Sends a request by way of its text.
    mutating func send(_ method: String, _ params: JSONObject? = nil, id: RequestID = .integer(1)) -> Action {
        let message = JSONObject(present: [
            "jsonrpc": "2.0", "id": id.json, "method": .string(method), "params": params.map(JSON.object),
        ])
        return receive(JSON.object(message).bytes)
    }

    /// Sends a request that is answered at once, and gives its answer after a round trip through its text.
    mutating func answer(
        _ method: String, _ params: JSONObject? = nil, id: RequestID = .integer(1)
    ) throws -> Response {
        guard case .answer(let response) = send(method, params, id: id) else {
            throw Unexpected(description: "\(method) was not answered at once")
        }
        #expect(response.id == id)
        guard case .response(let read) = try Message(line: response.line) else {
            throw Unexpected(description: "the answer to \(method) is no response")
        }
        #expect(read == response)
        return read
    }

    mutating func result(_ method: String, _ params: JSONObject? = nil) throws -> JSONObject {
        switch try answer(method, params).outcome {
        case .result(let result): return result
        case .error(let error): throw Unexpected(description: "\(method): \(error)")
        }
    }

    mutating func error(_ method: String, _ params: JSONObject? = nil) throws -> ProtocolError {
        switch try answer(method, params).outcome {
        case .result(let result): throw Unexpected(description: "\(method): \(JSON.object(result).text)")
        case .error(let error): return error
        }
    }

    /// Sends a modern `tools/call`, or a legacy one without meta.
    mutating func call(
        _ tool: String, _ arguments: JSON? = [:], meta: JSON? = modernMeta, id: RequestID = .integer(1)
    ) throws -> ToolCall {
        let params = JSONObject(present: ["name": .string(tool), "arguments": arguments, "_meta": meta])
        guard case .call(let call) = send("tools/call", params, id: id) else {
            throw Unexpected(description: "\(tool) was not to be called")
        }
        return call
    }

    /// Answers a call, and gives the members of the result.
    mutating func finish(_ call: ToolCall, with result: ToolResult) throws -> JSONObject {
        let response = conversation.finish(call, with: result)
        guard let response, response.id == call.id, case .result(let members) = response.outcome else {
            throw Unexpected(description: "the call was not answered with a result")
        }
        return members
    }
}

/// What a test did not count on.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}
