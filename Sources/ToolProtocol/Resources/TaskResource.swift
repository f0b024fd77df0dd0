internal import JSON

/// A resource: one side of a task, named by a URI.
public struct TaskResource: Hashable, Sendable {
    /// Which side of the task.
    public enum Part: String, CaseIterable, Sendable {
        /// What it printed on standard output.
        case stdout
        /// What it printed on standard error.
        case stderr
        /// How it stands: the task view.
        case status
    }

    /// The whole id of the task, 32 hexadecimal digits.
    public let task: String
    /// Which side of it.
    public let part: Part

    /// A side of a task; whether there is such a task is not looked at.
    public init(task: String, _ part: Part) {
        (self.task, self.part) = (task, part)
    }

    private static let prefix = "caisson://tasks/"
    private static let offsetKey = "offset="

    /// The one spelling of its name.
    public var uri: String { Self.prefix + task + "/" + part.rawValue }

    /// The name of what follows in it from a byte on.
    public func uri(from offset: UInt64) -> String { "\(uri)?\(Self.offsetKey)\(offset)" }

    /// How the names of a part's resources are made (RFC 6570).
    static func template(_ part: Part) -> String { prefix + "{task_id}/" + part.rawValue }

    /// Reads a name, of output with the byte at which reading begins; nil: it can be none of a resource.
    static func read(_ uri: String) -> (resource: TaskResource, offset: UInt64)? {
        guard uri.utf8.count < 200, uri.hasPrefix(prefix) else { return nil }
        let pieces = uri.dropFirst(prefix.count).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = pieces[0].split(separator: "/", omittingEmptySubsequences: false)
        guard path.count == 2, isID(path[0]), let part = Part(rawValue: String(path[1])) else { return nil }
        let resource = TaskResource(task: String(path[0]), part)
        guard pieces.count > 1 else { return (resource, 0) }
        guard part != .status, let offset = offset(pieces[1]) else { return nil }
        return (resource, offset)
    }

    private static func offset(_ query: Substring) -> UInt64? {
        let digits = query.dropFirst(offsetKey.count)
        guard query.hasPrefix(offsetKey), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(digits).flatMap { $0 <= UInt64(Int64.max) ? $0 : nil }
    }

    private static func isID(_ text: Substring) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension ProtocolError {
    /// There is no such resource, or it is none any more: each era has a code of its own for that.
    ///
    /// - Parameter uri: As the client wrote it.
    public static func unknownResource(_ uri: String, _ version: ProtocolVersion) -> ProtocolError {
        let code: Code = version.isModern ? .invalidParams : .resourceNotFound
        return ProtocolError(
            code, "there is no resource \(Excerpt.of(.string(uri)))", data: ["uri": .string(uri)])
    }
}
