public import JSON

/// A line that is no message, with the answer that its sender gets.
public struct MalformedMessage: Error, Sendable, Equatable {
    /// The id of the request that it was meant to be, where it can be known.
    public let id: RequestID?
    /// What is wrong.
    public let error: ProtocolError

    /// The answer.
    public var response: Response { Response(id: id, .error(error)) }
}

extension Message {
    /// Reads a message from one line, with or without its line break.
    ///
    /// - Throws: ``MalformedMessage`` with -32700 where the line is not JSON or too deep or long for us, -32600 where it
    ///   is not a message, -32602 where a request has its parameters by position.
    public init(line: [UInt8], limits: JSONLimits = JSONLimits()) throws(MalformedMessage) {
        let value: JSON
        do {
            value = try JSON.parse(line, limits: limits)
        } catch {
            throw MalformedMessage(id: nil, error: .parse(error))
        }
        switch value {
        case .object(let members): self = try MessageReader(members: members).message()
        case .array: throw MalformedMessage(id: nil, error: .invalidRequest("batches are not accepted"))
        default: throw MalformedMessage(id: nil, error: .invalidRequest("a message must be an object"))
        }
    }
}

/// The members of what should be a message.
private struct MessageReader {
    let members: JSONObject

    func message() throws(MalformedMessage) -> Message {
        guard members["jsonrpc"] == "2.0" else { throw invalid("\"jsonrpc\" must be \"2.0\"") }
        guard let method = members["method"] else { return .response(try response()) }
        guard members["result"] == nil, members["error"] == nil else {
            throw invalid("a message must not be a request and an answer")
        }
        guard let method = method.stringValue else { throw invalid("\"method\" must be a string") }
        guard let id = members["id"] else {
            return .notification(Notification(method: method, params: try params()))
        }
        guard let id = RequestID(id) else { throw invalid("\"id\" must be a string or an integer of 64 bits") }
        return .request(Request(id: id, method: method, params: try params()))
    }

    private func params() throws(MalformedMessage) -> JSONObject {
        switch members["params"] {
        case nil: return [:]
        case .object(let params): return params
        case .array where members["id"] != nil: throw malformed(.invalidParams("\"params\" must have names"))
        default: throw invalid("\"params\" must be an object")
        }
    }

    /// An error in what is no request must not name an id: it would settle a request that the sender has open.
    private func response() throws(MalformedMessage) -> Response {
        let id = RequestID(members["id"])
        switch (members["result"], members["error"]) {
        case (nil, nil): throw invalid("\"method\" is missing")
        case (.object(let result), nil) where id != nil: return Response(id: id, .result(result))
        case (nil, let error?):
            if let error = ProtocolError(error) { return Response(id: id, .error(error)) }
        default: break
        }
        throw MalformedMessage(id: nil, error: .invalidRequest("an answer that is none"))
    }

    private func invalid(_ message: String) -> MalformedMessage {
        malformed(.invalidRequest(message))
    }

    private func malformed(_ error: ProtocolError) -> MalformedMessage {
        MalformedMessage(id: RequestID(members["id"]), error: error)
    }
}
