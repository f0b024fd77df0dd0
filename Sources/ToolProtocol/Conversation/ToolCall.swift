public import JSON

/// A request to use a tool: the tool exists and its arguments are an object; their values are not checked yet.
public struct ToolCall: Sendable, Equatable {
    /// The request.
    public let opened: OpenRequest
    /// Which tool.
    public let tool: ToolName
    /// With what.
    public let arguments: JSONObject
    /// Whether the answer is a task of the protocol as soon as there is one, because the client asked for that
    /// (2025-11-25) or can take it (2026-07-28).
    public let asTask: Bool
    /// What the client answers to a question that the call was answered with before; nil: it calls for the first time.
    public let resumption: Resumption?

    /// What the client calls the request.
    public var id: RequestID { opened.id }
    /// In which version the answer is to be written.
    public var version: ProtocolVersion { opened.version }
    /// Where the client wants to hear of progress, if it does.
    public var progressToken: ProgressToken? { opened.progressToken }
}
