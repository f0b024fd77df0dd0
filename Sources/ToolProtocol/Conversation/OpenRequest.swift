/// A request that is being worked on.
public struct OpenRequest: Sendable, Equatable {
    /// What the client calls it.
    public let id: RequestID
    /// In which version the answer is to be written.
    public let version: ProtocolVersion
    /// Where the client wants to hear of progress, if it does.
    public let progressToken: ProgressToken?
    /// What its client can do.
    public let client: ClientFeatures
    /// What its client calls itself, such as `claude-code 2.1.330`; nil: it did not say.
    public let clientName: String?
    /// What its client wants to find in the log; nil: nothing.
    let logLevel: LogLevel?
    /// Whether the person at its client can be asked something: elicitation came with 2025-06-18.
    public var canAsk: Bool { client.hasForms && version >= .june2025 }
    /// Tells this request from a later one that has the id of a cancelled one.
    let serial: Int
}
