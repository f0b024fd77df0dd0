internal import JSON

/// What a client said that it can do, as far as a server asks.
public struct ClientFeatures: Sendable, Equatable {
    /// The extension of 2026-07-28 in which a call may be answered with a task.
    static let tasksExtension = "io.modelcontextprotocol/tasks"

    /// Whether it declared that extension.
    public let hasTasks: Bool
    /// Whether it can have a person fill in a form. An empty object stands for forms; one that has only other modes does not.
    public let hasForms: Bool

    /// Reads `capabilities` or `clientCapabilities`; nil: none were given.
    init(_ capabilities: JSON? = nil) {
        hasTasks = capabilities?["extensions"]?[Self.tasksExtension]?.objectValue != nil
        let modes = capabilities?["elicitation"]?.objectValue
        hasForms = modes.map { $0.isEmpty || $0["form"]?.objectValue != nil } ?? false
    }
}
