public import JSON

/// What a client types, and what it may mean.
public struct Completion: Sendable, Equatable {
    /// Of what it is the beginning.
    public enum Kind: Sendable, Equatable {
        /// Of the id of a task.
        case task
        /// Of a command that the policy lists.
        case command
    }

    /// Of what it is the beginning.
    public let kind: Kind
    /// What was typed so far.
    public let beginning: String

    /// So many values are in an answer at most (MCP, `CompleteResult`).
    public static let limit = 100

    /// The members of the answer.
    ///
    /// - Parameters:
    ///   - values: The best ones first; the first 100 are sent.
    ///   - total: How many there are.
    public static func members(_ values: [String], total: Int) -> JSONObject {
        let sent = values.prefix(limit)
        return [
            "completion": [
                "values": JSON(Array(sent)), "total": .integer(Int64(total)), "hasMore": .bool(total > sent.count),
            ]
        ]
    }
}

extension Conversation {
    static let completionMethod = "completion/complete"

    /// What `completion/complete` asks for; nil: of this argument nothing is known.
    ///
    /// - Throws: -32602 for a template, a prompt or an argument that there is not.
    func completion(_ params: JSONObject) throws(ProtocolError) -> Completion? {
        guard let argument = params["argument"]?.objectValue, let name = argument["name"]?.stringValue,
            let beginning = argument["value"]?.stringValue
        else { throw .invalidParams("\"argument\" must have \"name\" and \"value\", both text") }
        return try kind(params["ref"] ?? .null, name).map { Completion(kind: $0, beginning: beginning) }
    }

    private func kind(_ reference: JSON, _ argument: String) throws(ProtocolError) -> Completion.Kind? {
        switch reference["type"] {
        case "ref/resource":
            let uri = reference["uri"] ?? .null
            let isTemplate = TaskResource.Part.allCases.contains { .string(TaskResource.template($0)) == uri }
            guard isTemplate else { throw .invalidParams("there is no resource template \(Excerpt.of(uri))") }
            guard argument == "task_id" else { throw Self.noArgument(argument) }
            return .task
        case "ref/prompt":
            let name = reference["name"] ?? .null
            guard let prompt = Prompt.all.first(where: { .string($0.name) == name }) else {
                throw .invalidParams("there is no prompt \(Excerpt.of(name))")
            }
            guard prompt.arguments.contains(where: { $0.name == argument }) else { throw Self.noArgument(argument) }
            return argument == "command" && prompt.runsCommand ? .command : nil
        default: throw .invalidParams("\"ref\" must have the type \"ref/prompt\" or \"ref/resource\"")
        }
    }

    private static func noArgument(_ name: String) -> ProtocolError {
        .invalidParams("there is no argument \(Excerpt.of(.string(name)))")
    }
}
