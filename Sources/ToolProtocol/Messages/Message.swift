public import JSON

/// One message of JSON-RPC 2.0, as MCP restricts it: parameters by name, no batches.
public enum Message: Sendable, Equatable {
    /// Wants an answer.
    case request(Request)
    /// Wants none.
    case notification(Notification)
    /// Is one.
    case response(Response)
}

/// A message that wants an answer.
public struct Request: Sendable, Equatable {
    /// What its sender calls it.
    public let id: RequestID
    /// What is to be done.
    public let method: String
    /// With what; empty where the message has none.
    public let params: JSONObject

    /// A request.
    public init(id: RequestID, method: String, params: JSONObject = [:]) {
        (self.id, self.method, self.params) = (id, method, params)
    }

    /// The message as UTF-8 without a line break in it or after it.
    public var line: [UInt8] {
        let params: JSON? = params.isEmpty ? nil : .object(params)
        let message = JSONObject(present: [
            "jsonrpc": "2.0", "id": id.json, "method": .string(method), "params": params,
        ])
        return JSON.object(message).bytes
    }
}

/// A message that wants no answer.
public struct Notification: Sendable, Equatable {
    /// What it is about.
    public let method: String
    /// More about it; empty where the message has none.
    public let params: JSONObject

    /// A notification.
    public init(method: String, params: JSONObject = [:]) {
        (self.method, self.params) = (method, params)
    }

    /// The message as UTF-8 without a line break in it or after it.
    public var line: [UInt8] {
        let params: JSON? = params.isEmpty ? nil : .object(params)
        return JSON.object(JSONObject(present: ["jsonrpc": "2.0", "method": .string(method), "params": params])).bytes
    }
}

/// The answer to a request.
public struct Response: Sendable, Equatable {
    /// What it says.
    public enum Outcome: Sendable, Equatable {
        /// The request was understood; a tool that failed is a result, too.
        case result(JSONObject)
        /// It was not.
        case error(ProtocolError)
    }

    /// Which request it answers; nil where that could not be read, and then no `id` is written (MCP has no null id).
    public let id: RequestID?
    /// What it says.
    public let outcome: Outcome

    /// An answer.
    public init(id: RequestID?, _ outcome: Outcome) {
        (self.id, self.outcome) = (id, outcome)
    }

    /// The message as UTF-8 without a line break in it or after it.
    public var line: [UInt8] {
        var message = JSONObject(present: ["jsonrpc": "2.0", "id": id?.json])
        switch outcome {
        case .result(let result): message.append(.object(result), for: "result")
        case .error(let error): message.append(error.json, for: "error")
        }
        return JSON.object(message).bytes
    }
}

extension JSONObject {
    /// The object with one member more, or as it is where there is no value.
    func with(_ value: JSON?, for key: String) -> JSONObject {
        var object = self
        object.append(value, for: key)
        return object
    }
}
