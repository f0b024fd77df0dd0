internal import JSON

/// How much a message of the log matters, the least first (RFC 5424, section 6.2.1).
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    /// Of use while something is looked for.
    case debug
    /// What happens in the ordinary run of things.
    case info
    /// Worth a look.
    case notice
    /// Something was refused, or went wrong.
    case warning
    /// Something failed.
    case error
    /// A part of the server failed.
    case critical
    /// Somebody has to do something.
    case alert
    /// Nothing works.
    case emergency

    /// The one that matters less is smaller.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The level that a request names.
    ///
    /// - Throws: -32602 for what is none.
    init(_ value: JSON?, named key: String) throws(ProtocolError) {
        guard let level = value?.stringValue.flatMap(LogLevel.init(rawValue:)) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidParams("\"\(key)\" must be one of \(words)")
        }
        self = level
    }
}
