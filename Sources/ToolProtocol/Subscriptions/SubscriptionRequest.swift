/// A request that begins or ends subscriptions; its parameters are of the right kind.
public struct SubscriptionRequest: Sendable, Equatable {
    /// What it changes.
    public enum Change: Sendable, Equatable {
        /// The client of a handshake wants to hear of a resource.
        case subscribe(TaskResource)
        /// It does not any more.
        case unsubscribe(TaskResource)
        /// The client of 2026-07-28 wants to hear of all this, for as long as the request is open.
        case listen(SubscriptionFilter)
    }

    /// The request.
    public let request: OpenRequest
    /// What it changes.
    public let change: Change
}
