/// What has to be done about a message.
public enum Action: Sendable, Equatable {
    /// Send this at once.
    case answer(Response)
    /// Work on this, and give the outcome to ``Conversation/finish(_:with:)-(ToolCall,_)``.
    case call(ToolCall)
    /// Look this up, and give the outcome to ``Conversation/finish(_:with:)-(OpenRequest,_)``.
    case query(Query)
    /// Begin or end this, with ``Conversation/subscribe(_:to:)`` and its like.
    case subscription(SubscriptionRequest)
    /// The question of a call was answered.
    case answered(OpenRequest, ElicitationAnswer)
    /// Stop working for this request: its answer is not wanted any more.
    case cancel(RequestID)
    /// Nothing.
    case nothing
}
