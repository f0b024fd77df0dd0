public import JSON

/// What clients are told of a tool.
public struct Tool: Sendable, Equatable {
    /// What kind of work it is, for clients that ask a person first (MCP, `ToolAnnotations`). Hints, no promises.
    public struct Annotations: Sendable, Equatable {
        /// It changes nothing.
        public let readOnly: Bool
        /// It can undo or overwrite something.
        public let destructive: Bool
        /// Doing it twice is as doing it once.
        public let idempotent: Bool
        /// It can reach things beyond this machine.
        public let openWorld: Bool

        static let reads = Annotations(readOnly: true, destructive: false, idempotent: true, openWorld: false)
        static let writes = Annotations(readOnly: false, destructive: true, idempotent: false, openWorld: true)
        static let ends = Annotations(readOnly: false, destructive: true, idempotent: true, openWorld: false)
        static let runs = Annotations(readOnly: false, destructive: true, idempotent: false, openWorld: true)

        var json: JSON {
            [
                "readOnlyHint": .bool(readOnly), "destructiveHint": .bool(destructive),
                "idempotentHint": .bool(idempotent), "openWorldHint": .bool(openWorld),
            ]
        }
    }

    /// Its name.
    public let name: ToolName
    /// Its name for people.
    public let title: String
    /// What a model needs to know to use it.
    public let description: String
    /// JSON Schema 2020-12 of its arguments. No `oneOf` or the like at its root: model interfaces refuse that.
    public let inputSchema: JSONObject
    /// JSON Schema 2020-12 of its structured result, of refusals and failures, too.
    public let outputSchema: JSONObject
    /// What kind of work it is.
    public let annotations: Annotations

    /// The arguments that it has.
    var argumentNames: [String] { inputSchema["properties"]?.objectValue?.keys ?? [] }

    /// The tool as `tools/list` of a version writes it, without what the version has not.
    func json(for version: ProtocolVersion) -> JSON {
        let isStructured = version >= .june2025
        return .object(
            JSONObject(present: [
                "name": .string(name.rawValue),
                "title": isStructured ? .string(title) : nil,
                "description": .string(description),
                "inputSchema": .object(inputSchema),
                "outputSchema": isStructured ? .object(outputSchema) : nil,
                "annotations": version >= .march2025 ? annotations.json : nil,
                "execution": version == .november2025 && name.startsTasks ? ["taskSupport": "optional"] : nil,
            ]))
    }
}
