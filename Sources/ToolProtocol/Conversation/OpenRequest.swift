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
    /// Tells this request from a later one that has the id of a cancelled one.
    let serial: Int
}
