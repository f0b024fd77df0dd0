public import JSON

/// A request to use a tool: the tool exists and its arguments are an object; their values are not checked yet.
public struct ToolCall: Sendable, Equatable {
    /// The request.
    public let id: RequestID
    /// Which tool.
    public let tool: ToolName
    /// With what.
    public let arguments: JSONObject
    /// Where the client wants to hear of progress, if it does.
    public let progressToken: ProgressToken?
    /// In which version the answer is to be written.
    public let version: ProtocolVersion
    /// Tells this call from a later one that has the id of a cancelled one.
    let serial: Int
}
