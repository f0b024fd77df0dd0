public import JSON

/// An error of the protocol: the answer to a call that is malformed, not to a call that failed.
public struct ProtocolError: Error, Sendable, Equatable {
    /// What kind of error it is (JSON-RPC 2.0, section 5.1; MCP 2026-07-28, "Error codes").
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The number on the wire.
        public let rawValue: Int64

        /// A code that a peer sent.
        public init(rawValue: Int64) { self.rawValue = rawValue }

        /// The bytes are not JSON.
        public static let parseError = Code(rawValue: -32700)
        /// The JSON is not a message.
        public static let invalidRequest = Code(rawValue: -32600)
        /// There is no such method in this era.
        public static let methodNotFound = Code(rawValue: -32601)
        /// The parameters are not those of the method.
        public static let invalidParams = Code(rawValue: -32602)
        /// The server failed.
        public static let internalError = Code(rawValue: -32603)
        /// There is no such resource (MCP until 2025-11-25, "Resources"); 2026-07-28 has -32602 for that.
        public static let resourceNotFound = Code(rawValue: -32002)
        /// The request needs something that its client did not declare.
        public static let missingCapability = Code(rawValue: -32021)
        /// The request is of a protocol version that is not spoken here.
        public static let unsupportedProtocolVersion = Code(rawValue: -32022)
    }

    /// What kind of error it is.
    public let code: Code
    /// A sentence for whoever wrote the client.
    public let message: String
    /// The same for a program, where the protocol asks for it.
    public let data: JSON?

    /// An error; own code uses the named ones below.
    init(_ code: Code, _ message: String, data: JSON? = nil) {
        (self.code, self.message, self.data) = (code, message, data)
    }

    /// The error as it is written.
    public var json: JSON {
        .object(JSONObject(present: ["code": .integer(code.rawValue), "message": .string(message), "data": data]))
    }

    /// The error that a message has, or nil where the value can be none.
    init?(_ value: JSON) {
        guard let code = value["code"]?.integerValue, let message = value["message"]?.stringValue else { return nil }
        self.init(Code(rawValue: code), message, data: value["data"])
    }
}

extension ProtocolError {
    static func parse(_ error: JSONError) -> ProtocolError {
        ProtocolError(.parseError, "the line is not JSON: \(error)")
    }

    static func invalidRequest(_ message: String) -> ProtocolError {
        ProtocolError(.invalidRequest, message)
    }

    static func invalidParams(_ message: String) -> ProtocolError {
        ProtocolError(.invalidParams, message)
    }

    static func methodNotFound(_ method: String) -> ProtocolError {
        ProtocolError(.methodNotFound, "there is no method \(Excerpt.of(.string(method)))")
    }

    /// The server failed at something that is not the caller's doing; the sentence must not tell about the host.
    public static func internalError(_ message: String) -> ProtocolError {
        ProtocolError(.internalError, message)
    }

    /// Names every version, so that a client of both eras finds one (MCP 2026-07-28, "Protocol Version Negotiation").
    static func unsupported(_ requested: String) -> ProtocolError {
        let supported = ProtocolVersion.allCases.sorted(by: >).map(\.rawValue)
        return ProtocolError(
            .unsupportedProtocolVersion, "unsupported protocol version",
            data: ["supported": JSON(supported), "requested": .string(requested)])
    }
}

extension ProtocolError {
    /// A line longer than a server keeps.
    ///
    /// - Parameter limit: In bytes.
    public static func lineTooLong(limit: Int) -> ProtocolError {
        ProtocolError(.invalidRequest, "the line is longer than \(limit) bytes; it was not read")
    }
}
