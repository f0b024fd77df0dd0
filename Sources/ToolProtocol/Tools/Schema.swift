internal import JSON

/// The pieces of JSON Schema 2020-12 that the tools need.
enum Schema {
    static func string(_ description: String, atLeast length: Int64? = nil) -> JSON {
        .object(
            JSONObject(present: [
                "type": "string", "minLength": length.map(JSON.integer), "description": .string(description),
            ]))
    }

    static func integer(_ description: String, _ range: ClosedRange<Int64>, default value: Int64? = nil) -> JSON {
        let maximum: JSON? = range.upperBound == .max ? nil : .integer(range.upperBound)
        return .object(
            JSONObject(present: [
                "type": "integer", "minimum": .integer(range.lowerBound), "maximum": maximum,
                "default": value.map(JSON.integer), "description": .string(description),
            ]))
    }

    static func bool(_ description: String, default value: Bool) -> JSON {
        ["type": "boolean", "default": .bool(value), "description": .string(description)]
    }

    static func strings(_ description: String) -> JSON {
        ["type": "array", "items": ["type": "string"], "minItems": 1, "description": .string(description)]
    }

    static func stringMap(_ description: String) -> JSON {
        ["type": "object", "additionalProperties": ["type": "string"], "description": .string(description)]
    }

    static func choice<Word>(_ description: String, _ type: Word.Type, default value: Word? = nil) -> JSON
    where Word: RawRepresentable<String> & CaseIterable {
        .object(
            JSONObject(present: [
                "type": "string", "enum": JSON(Word.allCases.map(\.rawValue)),
                "default": value.map { .string($0.rawValue) }, "description": .string(description),
            ]))
    }

    /// Rows and columns of a terminal.
    static func size(_ description: String) -> JSON {
        let side = integer("In characters.", WriteInputRequest.sides)
        return [
            "type": "object", "properties": ["rows": side, "columns": side], "required": ["rows", "columns"],
            "additionalProperties": false, "description": .string(description),
        ]
    }

    /// The arguments of a tool: no others are accepted.
    static func arguments(_ properties: JSONObject, required: [String] = []) -> JSONObject {
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = JSON(required) }
        schema["additionalProperties"] = false
        return schema
    }
}

// MARK: - Arguments that several tools have

extension Schema {
    static let command = string(
        "A command line such as \"git log -3\". Needs a shell only if it has shell syntax, which the policy may refuse."
            + " Give this or argv.", atLeast: 1)
    static let argv = strings("The program and its arguments, each reaching it unchanged. Give this or command.")
    static let taskID = string("The task's id. Give this or pid.", atLeast: 1)
    static let pid = integer("The pid that the task was shown with. Give this or task_id.", TaskReference.pids)
    static let wait = bool("false: answer as soon as the task runs.", default: true)
    static let wall = integer("Ends the task after this time; can only lower the policy's limit.", Waiting.wall)

    static func timeout(_ description: String, default value: Int64) -> JSON {
        let (short, long) = (Waiting.longest(withProgress: false), Waiting.longest(withProgress: true))
        let range = "At most \(short), or \(long) when the client asked for progress."
        return integer("\(description) \(range)", 0...long, default: value)
    }
}
