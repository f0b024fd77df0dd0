internal import Kernel
internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// Calls of commands that need a person's approval.
extension ToolCalls {
    /// How many calls of one connection wait for an answer at most: nobody reads more questions at once.
    static let questionLimit = 16
    private static let means = "elicitation"

    /// Starts a task, or asks first. An answer that comes with the call counts if it is one to a question that is open for it.
    func start(_ call: ToolCall, _ order: Supervisor.Order, _ waiting: Waiting) -> Outcome {
        var order = order
        (order.client, order.canAsk) = (call.opened.clientName, call.opened.canAsk)
        guard let resumption = call.resumption else { return launch(call, order, waiting) }
        guard let question = questions.take(resumption.state, for: call, now: Clock.monotonic()) else {
            return .fail(.neverAsked)
        }
        return launch(call, order, waiting, answer: resumption.answer.map { (question, $0) })
    }

    /// The answer that asks, where the client answers by calling again.
    func asking(_ asked: AskedCall, _ conversation: inout Conversation) -> Response? {
        do throws(Errno) {
            let state = try questions.keep(asked, now: Clock.monotonic())
            return conversation.finish(asked.call.opened, asking: asked.elicitation, state: state)
        } catch {
            return conversation.fail(asked.call.opened, with: .internalError("the question can't be kept"))
        }
    }

    /// A person answered while the call waited.
    func answered(_ asked: AskedCall, _ answer: ElicitationAnswer) -> Outcome {
        let answer = (asked.question, answer)
        return launch(asked.call, asked.order, asked.waiting, deadline: asked.deadline, answer: answer)
    }

    /// There are more questions already than anybody reads: nobody is asked.
    func tooMany(_ asked: AskedCall) -> Outcome {
        let why = "\(Self.questionLimit) questions wait for an answer already"
        return refused(supervisor.refusal(of: asked.order, asked.question, why: why), asked.call, asked.order)
    }

    /// Nobody answered as long as the call could wait.
    func overdue(_ asked: AskedCall) -> Outcome {
        let time = TimeText.duration(Self.nanoseconds(asked.waiting.timeout) / Self.millisecond)
        return unanswered(asked, "nobody answered within the \(time) that this call waits")
    }

    /// Nobody answers any more.
    @discardableResult
    func unanswered(_ asked: AskedCall, _ why: String) -> Outcome { answered(asked, .failed(why)) }

    /// Writes down the questions that a client could have answered by calling again, and did not.
    func noteUnanswered(now: UInt64) {
        for asked in questions.unanswered(now: now) { unanswered(asked, "the client did not call again in time") }
    }

    private func launch(
        _ call: ToolCall, _ order: Supervisor.Order, _ waiting: Waiting, deadline: UInt64? = nil,
        answer: (ApprovalQuestion, ElicitationAnswer)? = nil
    ) -> Outcome {
        do throws(PolicyProblem) {
            let launched = try launched(order, answer)
            noteStart(launched.id, call)
            pruneIfDue()
            return call.asTask ? shown(launched) : pend(call, launched, waiting, deadline)
        } catch {
            guard order.canAsk, let question = error.question else { return refused(error, call, order) }
            let deadline = deadline ?? Clock.monotonic() + Self.nanoseconds(waiting.timeout)
            return .ask(
                AskedCall(call: call, order: order, waiting: waiting, question: question, deadline: deadline))
        }
    }

    private func refused(_ problem: PolicyProblem, _ call: ToolCall, _ order: Supervisor.Order) -> Outcome {
        let refusal = ToolAnswer.refusal(problem, argv: order.words)
        noteRefusal(refusal, call)
        return .answer(refusal)
    }

    private func launched(
        _ order: Supervisor.Order, _ answer: (ApprovalQuestion, ElicitationAnswer)?
    ) throws(PolicyProblem) -> LaunchedTask {
        guard let (question, said) = answer else { return try supervisor.start(order) }
        return try supervisor.start(order, question, said.approval, through: Self.means, why: said.why)
    }
}

extension Supervisor.Order {
    /// The command as it was asked for.
    var words: [String] {
        switch command {
        case .arguments(let words): words
        case .string(let text): [text]
        }
    }
}

extension ElicitationAnswer {
    /// What it means for the command.
    fileprivate var approval: ApprovalAnswer {
        switch self {
        case .yes: .approved
        case .no: .declined
        case .cancelled: .cancelled
        case .failed: .unanswered
        }
    }

    /// What came instead of an answer.
    fileprivate var why: String {
        guard case .failed(let why) = self else { return "" }
        return why
    }
}
