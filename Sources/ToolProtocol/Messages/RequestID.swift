public import JSON

/// What a sender calls a request: a string or an integer, never null (JSON-RPC 2.0, section 4; MCP forbids null).
public enum RequestID: Hashable, Sendable {
    /// An integer of 64 bits.
    case integer(Int64)
    /// A string.
    case string(String)

    /// The id that a message has, or nil where the value can be none.
    public init?(_ value: JSON?) {
        switch value {
        case .integer(let integer): self = .integer(integer)
        case .string(let string): self = .string(string)
        default: return nil
        }
    }

    /// The id as it is written.
    public var json: JSON {
        switch self {
        case .integer(let integer): .integer(integer)
        case .string(let string): .string(string)
        }
    }
}

/// What a client wants to find in progress notifications for its request: a string or an integer of its choice.
public struct ProgressToken: Hashable, Sendable {
    private let token: RequestID

    /// The token that a request has, or nil where the value can be none.
    public init?(_ value: JSON) {
        guard let token = RequestID(value) else { return nil }
        self.token = token
    }

    /// The token as it is written.
    public var json: JSON { token.json }
}
