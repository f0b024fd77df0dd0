internal import JSON

/// What a client of 2026-07-28 wants to hear of, and what the server agrees to tell it (`subscriptions/listen`).
public struct SubscriptionFilter: Sendable, Equatable {
    /// Whether it hears of tasks that come and go.
    public var includesList: Bool
    /// The resources of whose changes it hears.
    public var resources: [TaskResource]
    /// The tasks of the protocol of whose states it hears, by their ids.
    public var tasks: [String]

    /// What a request asks for. Lists of tools and prompts never change, and a name that can be none is nothing to hear of: both
    /// are left out.
    init(_ params: JSONObject) throws(ProtocolError) {
        guard let wishes = params["notifications"]?.objectValue else {
            throw .invalidParams("\"notifications\" must be an object")
        }
        for key in ["toolsListChanged", "promptsListChanged"] { _ = try Self.flag(key, wishes) }
        includesList = try Self.flag("resourcesListChanged", wishes)
        var known: Set<String> = []
        tasks = try Self.texts("taskIds", wishes).filter { known.insert($0).inserted }
        resources = []
        var seen: Set<TaskResource> = []
        for uri in try Self.texts("resourceSubscriptions", wishes) {
            guard let (resource, offset) = TaskResource.read(uri), offset == 0 else { continue }
            if seen.insert(resource).inserted { resources.append(resource) }
        }
    }

    private static func flag(_ key: String, _ wishes: JSONObject) throws(ProtocolError) -> Bool {
        guard let wish = wishes[key] else { return false }
        guard let flag = wish.boolValue else { throw .invalidParams("\"\(key)\" must be true or false") }
        return flag
    }

    private static func texts(_ key: String, _ wishes: JSONObject) throws(ProtocolError) -> [String] {
        guard let wish = wishes[key] else { return [] }
        guard let list = wish.arrayValue else { throw .invalidParams("\"\(key)\" must be a list") }
        return try list.map { (entry) throws(ProtocolError) in
            guard let text = entry.stringValue else { throw .invalidParams("\"\(key)\" must be a list of text") }
            return text
        }
    }

    /// What was agreed on, as the acknowledgment has it.
    var json: JSON {
        .object(
            JSONObject(present: [
                "resourcesListChanged": includesList ? true : nil,
                "resourceSubscriptions": resources.isEmpty ? nil : JSON(resources.map(\.uri)),
                "taskIds": tasks.isEmpty ? nil : JSON(tasks),
            ]))
    }
}
