internal import Audit
internal import Kernel
public import Launching
public import Policy
public import PolicyCompiling
internal import Records

extension Supervisor {
    /// Does what a person's answer says. The answer is written down before anything comes of it.
    ///
    /// - Parameters:
    ///   - means: How the person was asked, such as `elicitation`.
    ///   - why: What came instead of a clear answer, for the refusal.
    /// - Throws: The refusal, unless it was approved; where something is not as it was shown, an error with a new question.
    public func start(
        _ order: Order, _ question: ApprovalQuestion, _ answer: ApprovalAnswer, through means: String, why: String = ""
    ) throws(PolicyProblem) -> LaunchedTask {
        var order = order
        let trail = LaunchTrail(audit.client(order.client), order)
        do throws(LaunchError) {
            let policy = policies.policy(named: question.policy)?.policy
            trail.policy = policy
            let approval = try written(order, question, answer, means, policy.map { Redaction($0.redact) } ?? .standard)
            guard answer == .approved else { throw Self.refusal(question, answer, why) }
            order.approval = approval
        } catch {
            throw trail.refused(.host(error), order.policy ?? policies.standard)
        }
        return try start(order)
    }

    /// The refusal of a command that needs a person's approval where nobody was asked, written down.
    ///
    /// - Parameter why: Why nobody was.
    public func refusal(of order: Order, _ question: ApprovalQuestion, why: String) -> PolicyProblem {
        let trail = LaunchTrail(audit.client(order.client), order)
        trail.policy = policies.policy(named: question.policy)?.policy
        return trail.refused(.host(Self.refusal(question, .unanswered, why)), order.policy ?? policies.standard)
    }

    private static func refusal(
        _ question: ApprovalQuestion, _ answer: ApprovalAnswer, _ why: String
    ) -> LaunchError {
        let remedy =
            answer == .unanswered
            ? "call again when the person is there; timeout_ms is how long a call waits for an answer"
            : "do not try variants of it: ask the person what they want"
        return answer.refusal(question, why: why, remedy: remedy)
    }

    private func written(
        _ order: Order, _ question: ApprovalQuestion, _ answer: ApprovalAnswer, _ means: String, _ redaction: Redaction
    ) throws(LaunchError) -> Approval {
        let id: String
        do { id = Hexadecimal.text(try Host.random(8)) } catch {
            throw LaunchError(.failed, "ask", "the approval can't be given a name: \(error)")
        }
        do throws(AuditError) {
            try audit.client(order.client).append([
                .approval(question, id: id, answer, by: principal, through: means, redaction)
            ])
        } catch {
            throw LaunchError(.failed, "audit", error.message, remedy: error.remedy)
        }
        return Approval(id: id, question)
    }
}

extension Supervisor.Order {
    /// How much of the input is shown itself, in characters.
    private static let shownLength = 500

    /// What is told of the task's input to a person who is asked for approval.
    var shownInput: String? {
        if terminal != nil { return "a terminal: the caller can type at any time" }
        if inputStaysOpen { return "stays open: the caller can write more at any time" }
        guard let input else { return nil }
        let text = String(decoding: input, as: UTF8.self)
        guard text.unicodeScalars.count <= Self.shownLength, text.utf8.elementsEqual(input) else {
            return "\(input.count) bytes, SHA-256 \(SHA256.hexadecimal(input))"
        }
        return VisibleText.bounded(text, limit: Self.shownLength)
    }
}

extension PolicyProblem {
    /// What a person has to be asked before the same is tried again; nil: nobody's answer would change anything.
    public var question: ApprovalQuestion? {
        guard case .host(let error) = self else { return nil }
        return error.question
    }
}
