public import JSON
internal import Launching
internal import Policy

/// An explanation for people and for programs.
public enum ExplanationText {
    /// The decision, its reasons, what confines the command, and what would be allowed.
    public static func text(_ explanation: Explanation) -> String {
        let decision = explanation.decision
        let words = explanation.arguments.map { VisibleText.bounded($0) }.joined(separator: " ")
        var lines = ["\(decision.verdict.rawValue): \(words)"]
        if let program = explanation.program { lines.append("program: \(program)") }
        lines += decision.reasons.map { "because: \($0)" }
        if let approval = explanation.approval { lines.append("approval: \(approval)") }
        if !decision.nearestAllowed.isEmpty {
            lines.append("allowed instead: \(decision.nearestAllowed.joined(separator: ", "))")
        }
        lines.append("policy: \(explanation.policy) (\(explanation.digest.prefix(16)))")
        lines.append("if it runs, it is confined by:")
        lines += explanation.layers.map { "  \($0.name): \($0.state)" }
        return lines.joined(separator: "\n")
    }

    /// The same facts: decision, reasons with rule, file and line, layers, what would be allowed.
    public static func json(_ explanation: Explanation) -> JSONObject {
        let decision = explanation.decision
        var object: JSONObject = [
            "decision": .string(decision.verdict.rawValue), "argv": JSON(explanation.arguments),
            "program": explanation.program.map(JSON.string) ?? .null,
            "policy": ["name": .string(explanation.policy), "digest": .string(explanation.digest)],
            "reasons": .array(decision.reasons.map(\.json)),
            "layers": .array(explanation.layers.map { ["name": .string($0.name), "state": .string($0.state)] }),
            "arbitrary_code": .bool(decision.arbitraryCode), "nearest_allowed": JSON(decision.nearestAllowed),
        ]
        object.append(explanation.approval.map(JSON.string), for: "approval")
        return object
    }
}
