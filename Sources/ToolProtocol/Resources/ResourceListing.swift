public import JSON

/// A resource as `resources/list` shows it.
public struct ResourceEntry: Sendable, Equatable {
    /// Which one.
    public let resource: TaskResource
    /// Its name for people: the command, made visible and cut.
    public let title: String
    /// How its task stands.
    public let description: String
    /// Bytes of output so far; nil: it is none.
    public let size: UInt64?

    /// An entry with all of its parts.
    public init(_ resource: TaskResource, title: String, description: String, size: UInt64?) {
        (self.resource, self.title, self.description, self.size) = (resource, title, description, size)
    }

    func json(for version: ProtocolVersion) -> JSON {
        .object(
            JSONObject(present: [
                "uri": .string(resource.uri), "name": .string("\(resource.task)/\(resource.part.rawValue)"),
                "title": version >= .june2025 ? .string(title) : nil, "description": .string(description),
                "mimeType": .string(resource.part.mediaType), "size": size.map { JSON($0) },
            ]))
    }
}

/// A page of `resources/list`.
public struct ResourceListing: Sendable, Equatable {
    /// What is on it.
    public let entries: [ResourceEntry]
    /// Where the next one begins; nil: this is the last one.
    public let next: String?

    /// A page.
    public init(_ entries: [ResourceEntry], next: String?) {
        (self.entries, self.next) = (entries, next)
    }

    /// The members of the answer: nobody may keep it, because tasks come and go.
    public func members(for version: ProtocolVersion) -> JSONObject {
        let list = JSON.array(entries.map { $0.json(for: version) })
        return JSONObject(present: ["resources": list, "nextCursor": next.map(JSON.string)])
            .kept(0, for: version)
    }
}

extension TaskResource.Part {
    /// Its media type; of output that is no text, the contents say another.
    var mediaType: String { self == .status ? "application/json" : "text/plain" }

    private var description: String {
        switch self {
        case .stdout: "What a task printed on standard output; \(Self.cutting)"
        case .stderr: "What a task printed on standard error; \(Self.cutting)"
        case .status: "How a task stands, as the tools show it, without its output."
        }
    }

    private static let cutting = "long output is cut, and ?offset=N reads from byte N on."

    /// How its resources are named, as `resources/templates/list` shows it.
    func template(for version: ProtocolVersion) -> JSON {
        .object(
            JSONObject(present: [
                "uriTemplate": .string(TaskResource.template(self)), "name": .string(rawValue),
                "title": version >= .june2025 ? .string("\(rawValue) of a task") : nil,
                "description": .string(description), "mimeType": .string(mediaType),
            ]))
    }
}

extension JSONObject {
    /// A result that its client alone may keep for a time, in milliseconds; before 2026-07-28 nothing is said of that.
    func kept(_ time: Int64, for version: ProtocolVersion) -> JSONObject {
        guard version.isModern else { return self }
        return with(.integer(time), for: "ttlMs").with("private", for: "cacheScope")
    }
}
