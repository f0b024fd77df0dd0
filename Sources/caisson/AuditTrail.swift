import Audit
import Kernel
import Launching
import Policy
import Records
import Tasks

/// What a command of this program leaves in the audit log.
final class AuditTrail {
    private var state: StateDirectory?
    private var policy: EffectivePolicy?
    private var policyName: String?
    private var variables: [EnvironmentVariable] = []
    /// What the person at the terminal approved.
    private var approval: Approval?
    /// The task of which the start was written down.
    private var started: TaskID?

    /// A trail of a command that does not know its state directory yet: what fails before is in no log.
    init(_ state: StateDirectory? = nil) {
        self.state = state
    }

    /// What is known of a launch that begins.
    func begin(_ frontEnd: FrontEnd, policy name: String) { (state, policyName) = (frontEnd.state, name) }

    /// What is known of it once its policy is.
    func use(_ policy: EffectivePolicy, _ variables: [EnvironmentVariable]) {
        (self.policy, policyName, self.variables) = (policy, policy.name, variables)
    }

    /// Writes down what the person at the terminal answered. Without a line in the log nothing is approved.
    func answered(_ question: ApprovalQuestion, _ answer: ApprovalAnswer) throws -> Approval {
        let approval = Approval(id: Hexadecimal.text(try Host.random(8)), question)
        if let state {
            try log(state).append([
                .approval(
                    question, id: approval.id, answer, by: "cli:\(Host.user)", through: "terminal",
                    policy.map { Redaction($0.redact) } ?? .standard)
            ])
        }
        self.approval = approval
        return approval
    }

    private func log(_ state: StateDirectory) -> AuditLog {
        AuditLog(state, AuditWho(uid: Host.user, frontEnd: "cli"))
    }

    /// Writes the start down. Without a line in the log nothing is started.
    func admit(_ record: TaskRecord, _ plan: [UInt8]) throws(LaunchError) {
        guard let state, let policy else { return }
        do throws(AuditError) {
            try log(state).append([.start(record, plan: plan, variables, policy, approval: approval)])
            started = record.id
        } catch {
            throw LaunchError(.failed, "audit", error.message, remedy: error.remedy)
        }
    }

    /// Writes down that nothing was started. The refusal stands also where that can't be written down.
    func refused(_ arguments: [String], _ error: LaunchError) {
        let reason = error.decision?.reasons.first
        append(
            .refusal(
                arguments, policy: policyName, cause: error.cause, reason: error.message, rule: reason?.rule,
                place: reason.flatMap { reason in reason.file.map { ($0, reason.line) } }, task: started,
                policy.map { Redaction($0.redact) } ?? .standard))
    }

    /// Writes down what somebody does to a task. On a full disk too, a task can be ended.
    func act(_ action: String, by: String, _ task: TaskID) { append(.act(action, by: by, [task])) }

    private func append(_ entry: AuditEntry) {
        guard let state else { return }
        do {
            try log(state).append([entry])
        } catch {
            Message.print(error)
        }
    }

    /// Writes down how a task ended, unless somebody has. The next one who looks at the task does it where this one can't.
    func ended(_ task: TaskDirectory, _ end: EndRecord) {
        guard let state else { return }
        do {
            try log(state).recordEnd(task, end)
        } catch {
            Message.print(error)
        }
    }
}
