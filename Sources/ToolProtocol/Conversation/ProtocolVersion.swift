/// A revision of MCP that is spoken here; the older ones are smaller.
public enum ProtocolVersion: String, CaseIterable, Comparable, Sendable {
    /// The first one.
    case november2024 = "2024-11-05"
    /// Adds the annotations of tools.
    case march2025 = "2025-03-26"
    /// Adds structured results, output schemas and titles.
    case june2025 = "2025-06-18"
    /// The last one with a handshake.
    case november2025 = "2025-11-25"
    /// The first one without: each request carries its version.
    case july2026 = "2026-07-28"

    /// The older one is smaller: the names are dates.
    public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool { left.rawValue < right.rawValue }

    /// Whether each request stands for itself; otherwise `initialize` comes first.
    public var isModern: Bool { self >= .july2026 }

    /// What `server/discover` lists: the versions that a request may name, the newest first.
    static let modern = allCases.filter(\.isModern).sorted(by: >)

    /// The version of a handshake: what the client asks for, or the newest that has handshakes.
    static func negotiate(_ requested: String) -> ProtocolVersion {
        guard let version = ProtocolVersion(rawValue: requested), !version.isModern else { return .november2025 }
        return version
    }
}
