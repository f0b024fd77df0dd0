internal import JSON

/// What the server says of itself.
public struct ServerDescription: Sendable {
    /// Its name, for programs.
    public let name: String
    /// Its name, for people.
    public let title: String
    /// Its version.
    public let version: String
    /// What a model should know before it calls a tool; clients put it into the prompt.
    public let instructions: String
    /// Its tools.
    public let tools: ToolCatalogue

    /// Caisson in a version.
    ///
    /// - Parameters:
    ///   - version: of the program, such as `0.1.0`.
    ///   - tools: those that this front end offers.
    public init(version: String, tools: ToolCatalogue = ToolCatalogue()) {
        (name, title) = ("caisson", "Caisson")
        (self.version, self.tools) = (version, tools)
        instructions = Self.caissonInstructions
    }

    /// How long a client may keep what it was told, in milliseconds: it changes only with the program.
    static let timeToLive: Int64 = 3_600_000

    /// The capabilities that exist in a version; one object for each.
    static func capabilities(_ version: ProtocolVersion) -> JSON {
        var capabilities: JSONObject = [
            "tools": [:], "prompts": [:], "resources": ["subscribe": true, "listChanged": true],
        ]
        capabilities["logging"] = [:]
        // Until 2024-11-05 the method had no capability.
        if version >= .march2025 { capabilities["completions"] = [:] }
        if version == .november2025 {
            capabilities["tasks"] = ["list": [:], "cancel": [:], "requests": ["tools": ["call": [:]]]]
        }
        if version.isModern { capabilities["extensions"] = [ClientFeatures.tasksExtension: [:]] }
        return .object(capabilities)
    }

    /// The server's name and version as they are written.
    func implementation(for version: ProtocolVersion) -> JSON {
        let title: JSON? = version >= .june2025 ? .string(title) : nil
        return .object(JSONObject(present: ["name": .string(name), "title": title, "version": .string(self.version)]))
    }

    /// A result in the form of its era: the modern ones say that they are complete, and whose they are.
    ///
    /// - Parameter type: What kind of result it is.
    func result(_ members: JSONObject, for version: ProtocolVersion, type: String = "complete") -> JSONObject {
        guard version.isModern else { return members }
        var result: JSONObject = ["resultType": .string(type)]
        for member in members.members { result.append(member.value, for: member.key) }
        result.append(["io.modelcontextprotocol/serverInfo": implementation(for: version)], for: "_meta")
        return result
    }

    /// The same for a result that clients may keep.
    func cacheable(_ members: JSONObject, for version: ProtocolVersion) -> JSONObject {
        guard version.isModern else { return members }
        let kept = members.with(.integer(Self.timeToLive), for: "ttlMs").with("public", for: "cacheScope")
        return result(kept, for: version)
    }
}
