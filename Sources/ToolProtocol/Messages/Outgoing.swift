/// Something to send.
public enum Outgoing: Sendable, Equatable {
    /// An answer.
    case response(Response)
    /// Something that nobody asked for by an id.
    case notification(Notification)

    /// The message as UTF-8 without a line break in it or after it.
    public var line: [UInt8] {
        switch self {
        case .response(let response): response.line
        case .notification(let notification): notification.line
        }
    }
}
