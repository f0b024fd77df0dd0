internal import JSON

/// A question to a person that is answered with yes or no: a form of one box (MCP, "Elicitation", form mode).
public struct Elicitation: Sendable, Equatable {
    /// The one input request of a result that asks (2026-07-28), and the box of the form.
    static let name = "approve"

    /// What the person reads.
    public let message: String
    /// What is written at the box.
    public let title: String

    /// A question.
    public init(_ message: String, title: String) {
        (self.message, self.title) = (message, title)
    }

    /// The parameters of `elicitation/create`; 2025-06-18 has no modes.
    func params(for version: ProtocolVersion) -> JSONObject {
        let box: JSON = ["type": "boolean", "title": .string(title), "default": false]
        return JSONObject(present: [
            "mode": version >= .november2025 ? "form" : nil, "message": .string(message),
            "requestedSchema": [
                "type": "object", "properties": [Self.name: box], "required": [.string(Self.name)],
            ],
        ])
    }
}

/// How a client answered a question.
public enum ElicitationAnswer: Sendable, Equatable {
    /// The form was sent with the box ticked.
    case yes
    /// The form was sent without, or declined.
    case no
    /// It was put away.
    case cancelled
    /// The client could not ask, or its answer is none; with what is wrong.
    case failed(String)

    /// Reads an `ElicitResult`. Only `accept` with `true` is a yes.
    init(_ result: JSON?) {
        switch result?["action"]?.stringValue {
        case "accept": self = result?["content"]?[Elicitation.name] == .bool(true) ? .yes : .no
        case "decline": self = .no
        case "cancel": self = .cancelled
        default: self = .failed("the client's answer to the question is none")
        }
    }

    /// Reads the client's answer to `elicitation/create`.
    init(_ outcome: Response.Outcome) {
        switch outcome {
        case .result(let members): self.init(.object(members))
        case .error(let error):
            self = .failed("the client could not ask: \(Excerpt.of(.string(error.message)))")
        }
    }
}

/// What a client sends with a request that it repeats, because the server asked (2026-07-28, `InputResponseRequestParams`).
public struct Resumption: Sendable, Equatable {
    /// The server's own note, as the client gives it back: anybody may have written it.
    public let state: String
    /// The answer; nil: the client has none.
    public let answer: ElicitationAnswer?

    /// Reads the parameters of a request; nil: it is no such repetition.
    init?(_ params: JSONObject) throws(ProtocolError) {
        guard params["requestState"] != nil || params["inputResponses"] != nil else { return nil }
        guard let state = params["requestState"]?.stringValue,
            let answers = (params["inputResponses"] ?? [:]).objectValue
        else { throw .neverAsked }
        self.state = state
        answer = answers[Elicitation.name].map { ElicitationAnswer($0) }
    }
}

extension ProtocolError {
    /// An answer to a question that is not open: it was never asked, it was answered, it is too old, or it is another call's.
    public static let neverAsked = ProtocolError.invalidParams(
        "\"requestState\" and \"inputResponses\" answer no question that is open for this call: call without them")
}
