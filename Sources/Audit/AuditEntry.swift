public import JSON

/// What a line of the log says, besides its place in the chain and who wrote it.
public struct AuditEntry: Sendable {
    /// What happened.
    public enum Event: String, Sendable, CaseIterable {
        /// A task is about to be released.
        case start
        /// A task was not started.
        case refusal
        /// A person was asked whether a command may be started, and answered or did not.
        case approval
        /// A task ended.
        case end
        /// A policy was loaded.
        case policy
        /// A `[[relax]]` of a policy that was loaded.
        case relaxation
        /// Somebody ended or removed tasks.
        case act
        /// Everything before is signed.
        case checkpoint
        /// The last write was not completed: its bytes are left as they are.
        case torn
        /// Lines that had been written are not there any more.
        case gap
    }

    /// What happened.
    public let event: Event
    /// The members of the line that belong to the event.
    public let facts: JSONObject

    /// A line about an event.
    public init(_ event: Event, _ facts: JSONObject) {
        (self.event, self.facts) = (event, facts)
    }
}
