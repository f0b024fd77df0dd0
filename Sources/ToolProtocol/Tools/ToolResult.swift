public import JSON

/// What a tool answers with: the facts as an object, and the same facts as text.
///
/// Both matter: some clients show the model only the object, older ones have only the text.
public struct ToolResult: Sendable, Equatable {
    /// The facts, as the tool's output schema has them.
    public let structured: JSONObject
    /// The same as text, one block each. Control characters have been made visible by whoever made it.
    public let texts: [String]
    /// Whether the tool failed or refused.
    public let isError: Bool

    /// A result; without texts, the object itself is the text.
    public init(_ structured: JSONObject, texts: [String] = [], isError: Bool = false) {
        self.structured = structured
        self.texts = texts.isEmpty ? [JSON.object(structured).text] : texts
        self.isError = isError
    }

    /// The answer to arguments that can't be meant.
    public init(refusing error: ArgumentError) {
        let reason: JSONObject = ["reason": .string(error.sentence)]
        self.init(reason.with(.object(error.json), for: "invalid"), texts: [error.sentence], isError: true)
    }

    /// The members of the result, without what the version has not.
    func members(for version: ProtocolVersion) -> JSONObject {
        JSONObject(present: [
            "content": .array(texts.map { ["type": "text", "text": .string($0)] }),
            "structuredContent": version >= .june2025 ? .object(structured) : nil,
            "isError": .bool(isError),
        ])
    }
}
