public import JSON

/// What is in a resource, or in the part of it that fits into one answer.
public struct ResourceContents: Sendable, Equatable {
    /// The content.
    public enum Body: Sendable, Equatable {
        /// Text, in which whoever made it has made control characters visible.
        case text(String)
        /// The task view.
        case object(JSONObject)
        /// Bytes that are no text, in base64.
        case blob(String)
    }

    /// The name by which it was asked for.
    public let uri: String
    /// The content.
    public let body: Body
    /// Where in the output the content lies; nil: it is no output.
    public let place: JSONObject?
    /// What follows: the name by which it is read, and a sentence about that; nil: nothing, or not yet.
    public let rest: (uri: String, sentence: String)?
    /// Whether it can't change any more.
    public let isFinal: Bool

    /// Content with all of its parts.
    public init(
        uri: String, _ body: Body, place: JSONObject? = nil, rest: (uri: String, sentence: String)? = nil, isFinal: Bool
    ) {
        (self.uri, self.body, self.place, self.rest, self.isFinal) = (uri, body, place, rest, isFinal)
    }

    /// Milliseconds for which the content of a task that has ended may be kept: it is the same for as long as the task is there.
    private static let timeToLive: Int64 = 60_000

    /// The members of the answer. How to read on is in content of its own, because a client may show nothing else.
    public func members(for version: ProtocolVersion) -> JSONObject {
        let more: [JSON] =
            rest.map { [["uri": .string($0.uri), "mimeType": "text/plain", "text": .string($0.sentence)]] } ?? []
        let members: JSONObject = ["contents": .array([content] + more)]
        return members.kept(isFinal ? Self.timeToLive : 0, for: version)
    }

    private var content: JSON {
        let (type, key, value): (JSON, String, String) =
            switch body {
            case .text(let text): ("text/plain", "text", text)
            case .object(let object): ("application/json", "text", JSON.object(object).text)
            case .blob(let text): ("application/octet-stream", "blob", text)
            }
        let content: JSONObject = ["uri": .string(uri), "mimeType": type, key: .string(value)]
        return .object(content.with(place.map { ["caisson/output": .object($0)] }, for: "_meta"))
    }

    /// Whether both say the same.
    public static func == (left: ResourceContents, right: ResourceContents) -> Bool {
        left.members(for: .july2026) == right.members(for: .july2026)
    }
}
