internal import JSON

/// A job that people give a model again and again, written once.
struct Prompt {
    /// What has to be filled in.
    struct Argument {
        let name: String
        let description: String
        let isRequired: Bool

        var json: JSON {
            ["name": .string(name), "description": .string(description), "required": .bool(isRequired)]
        }
    }

    let name: String
    let title: String
    let description: String
    let arguments: [Argument]
    /// Whether its `command` is one to be run, and not one that was refused.
    let runsCommand: Bool
    /// The text for arguments that were checked.
    let text: @Sendable ([String: String]) -> String

    /// The prompt as `prompts/list` of a version writes it.
    func json(for version: ProtocolVersion) -> JSON {
        .object(
            JSONObject(present: [
                "name": .string(name), "title": version >= .june2025 ? .string(title) : nil,
                "description": .string(description), "arguments": .array(arguments.map(\.json)),
            ]))
    }

    /// The answer to `prompts/get`.
    ///
    /// - Throws: -32602 for arguments that it has not, that are missing, or that are no text.
    func messages(_ given: JSONObject) throws(ProtocolError) -> JSONObject {
        var values: [String: String] = [:]
        for member in given.members {
            guard arguments.contains(where: { $0.name == member.key }), let text = member.value.stringValue else {
                throw .invalidParams("the prompt has no argument \(Excerpt.of(.string(member.key))) of this kind")
            }
            values[member.key] = text
        }
        for argument in arguments where argument.isRequired && values[argument.name, default: ""].isEmpty {
            throw .invalidParams("the argument \"\(argument.name)\" is missing")
        }
        let content: JSON = ["type": "text", "text": .string(text(values))]
        return [
            "description": .string(description), "messages": [["role": "user", "content": content]],
        ]
    }
}

extension Prompt {
    /// All prompts, in the order in which they are listed.
    static let all = [runAndWatch, whyRefused]

    private static let runAndWatch = Prompt(
        name: "run_and_watch", title: "Run a build and watch it",
        description: "Starts a long command, follows its output, and reports how it ended.",
        arguments: [
            Argument(name: "command", description: "What to run, such as \"make -j4 test\".", isRequired: true),
            Argument(name: "cwd", description: "Where, in the workspace.", isRequired: false),
        ],
        runsCommand: true,
        text: { values in
            let place = values["cwd"].map { " in \($0)" } ?? ""
            return """
                Run this command\(place) and watch it to its end:

                \(values["command", default: ""])

                Start it with execute_command and wait: false. Follow it with read_output, a timeout_ms of 30000 and \
                no offset, until its status is no longer "running"; do not ask more often. If nothing comes for long, say so \
                and go on waiting. Then report its status and exit code, and of a failure the first error with the lines \
                around it. If it was refused, say why, and do not try variants of it.
                """
        })

    private static let whyRefused = Prompt(
        name: "why_refused", title: "Find out why a command was refused",
        description: "Asks the policy about a command, and says what would be allowed instead.",
        arguments: [
            Argument(name: "command", description: "The command that was refused.", isRequired: true)
        ],
        runsCommand: false,
        text: { values in
            """
            Find out why this command is refused, or what stops it:

            \(values["command", default: ""])

            Call explain_policy with it. Report the decision, the rule that decided with its file and line, and what is \
            near to it and allowed. If the command itself is allowed, look for its task with list_sessions and \
            read what it printed: something that it started may have been stopped inside the sandbox. Do not run the command \
            and do not try variants of it. What has to change in the policy is its owner's decision: name the line.
            """
        })
}
