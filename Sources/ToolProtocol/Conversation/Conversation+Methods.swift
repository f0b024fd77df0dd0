internal import JSON

/// The methods of a version without handshake.
enum ModernMethod: String {
    case discover = "server/discover"
    case listTools = "tools/list"
    case callTool = "tools/call"
    case listPrompts = "prompts/list"
    case getPrompt = "prompts/get"
    case listTemplates = "resources/templates/list"
}

/// The methods of a version with one, besides the handshake itself.
enum LegacyMethod: String {
    case ping
    case setLevel = "logging/setLevel"
    case listTools = "tools/list"
    case callTool = "tools/call"
    case listPrompts = "prompts/list"
    case getPrompt = "prompts/get"
    case listTemplates = "resources/templates/list"
}

extension Conversation {
    /// The answer to `server/discover`.
    func discovery(_ version: ProtocolVersion) -> JSONObject {
        server.cacheable(
            [
                "supportedVersions": JSON(ProtocolVersion.modern.map(\.rawValue)),
                "capabilities": ServerDescription.capabilities(version),
                "instructions": .string(server.instructions),
            ], for: version)
    }

    /// The answer to `initialize`.
    func handshake(_ version: ProtocolVersion) -> JSONObject {
        [
            "protocolVersion": .string(version.rawValue),
            "capabilities": ServerDescription.capabilities(version),
            "serverInfo": server.implementation(for: version),
            "instructions": .string(server.instructions),
        ]
    }

    /// The answer to `tools/list`: all of them, so that there is no cursor to come back with.
    func toolList(_ params: JSONObject, _ version: ProtocolVersion) throws(ProtocolError) -> JSONObject {
        guard params["cursor"] == nil else { throw .invalidParams("\"cursor\" is none that was given out") }
        return server.cacheable(["tools": .array(server.tools.tools.map { $0.json(for: version) })], for: version)
    }

    /// The answer to `prompts/list`: all of them.
    func promptList(_ params: JSONObject, _ version: ProtocolVersion) throws(ProtocolError) -> JSONObject {
        guard params["cursor"] == nil else { throw .unknownCursor }
        return server.cacheable(["prompts": .array(Prompt.all.map { $0.json(for: version) })], for: version)
    }

    /// The answer to `prompts/get`.
    func prompt(_ params: JSONObject, _ version: ProtocolVersion) throws(ProtocolError) -> JSONObject {
        guard let name = params["name"]?.stringValue else { throw .invalidParams("\"name\" must be a string") }
        guard let prompt = Prompt.all.first(where: { $0.name == name }) else {
            throw .invalidParams("there is no prompt \(Excerpt.of(.string(name)))")
        }
        guard let arguments = (params["arguments"] ?? [:]).objectValue else {
            throw .invalidParams("\"arguments\" must be an object")
        }
        return server.result(try prompt.messages(arguments), for: version)
    }

    /// What `tools/call` calls; what is wrong with the values of the arguments is for the model, not for the client.
    func toolAndArguments(_ params: JSONObject) throws(ProtocolError) -> (ToolName, JSONObject) {
        guard let name = params["name"]?.stringValue else { throw .invalidParams("\"name\" must be a string") }
        guard let tool = server.tools[name] else {
            throw .invalidParams("there is no tool \(Excerpt.of(.string(name)))")
        }
        guard let arguments = (params["arguments"] ?? [:]).objectValue else {
            throw .invalidParams("\"arguments\" must be an object")
        }
        return (tool.name, arguments)
    }
}
