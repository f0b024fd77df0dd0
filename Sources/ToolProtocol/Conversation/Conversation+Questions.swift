internal import JSON

/// Questions to the person at the client.
extension Conversation {
    /// The call that a question belongs to, by the question's id.
    typealias Questions = [RequestID: OpenRequest]

    /// Asks by a request of the server (2025-06-18 and 2025-11-25). The call stays open.
    ///
    /// - Returns: what to send; nil if the call was cancelled.
    public mutating func ask(_ call: OpenRequest, _ elicitation: Elicitation) -> Request? {
        guard isOpen(call) else { return nil }
        questionSerial += 1
        let id = RequestID.string("question-\(questionSerial)")
        questions[id] = call
        return Request(id: id, method: "elicitation/create", params: elicitation.params(for: call.version))
    }

    /// Closes a call with a question, which the client answers by calling again (2026-07-28).
    ///
    /// - Parameter state: Comes back with the answer.
    /// - Returns: as ``finish(_:with:)-(ToolCall,_)``.
    public mutating func finish(_ call: OpenRequest, asking elicitation: Elicitation, state: String) -> Response? {
        guard close(call) else { return nil }
        let request: JSON = [
            "method": "elicitation/create", "params": .object(elicitation.params(for: call.version)),
        ]
        let members: JSONObject = [
            "inputRequests": .object(JSONObject(present: [Elicitation.name: request])), "requestState": .string(state),
        ]
        return Response(id: call.id, .result(server.result(members, for: call.version, type: "input_required")))
    }

    /// Takes the question of a call back: its answer would change nothing any more.
    ///
    /// - Returns: what tells the client; nil: there is no such question.
    public mutating func withdraw(_ call: OpenRequest) -> Notification? {
        guard let id = questions.first(where: { $0.value.serial == call.serial })?.key else { return nil }
        questions[id] = nil
        return Notification(method: "notifications/cancelled", params: ["requestId": id.json])
    }

    /// An answer of the client: to a question of ours, or to nothing.
    mutating func receive(_ response: Response) -> Action {
        guard let id = response.id, let call = questions.removeValue(forKey: id), isOpen(call) else { return .nothing }
        return .answered(call, ElicitationAnswer(response.outcome))
    }
}
