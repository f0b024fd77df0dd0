internal import Audit
internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Records

/// What one launch leaves in the audit log.
final class LaunchTrail {
    private let log: AuditLog
    private let order: Supervisor.Order
    /// Its policy, once that is known.
    var policy: EffectivePolicy?
    private var started: TaskID?

    init(_ log: AuditLog, _ order: Supervisor.Order) {
        (self.log, self.order) = (log, order)
    }

    /// Writes the start down. Without a line in the log nothing is started.
    func admit(_ record: TaskRecord, _ plan: [UInt8]) throws(LaunchError) {
        guard let policy else { return }
        do throws(AuditError) {
            try log.append([.start(record, plan: plan, order.variables, policy, approval: order.approval)])
            started = record.id
        } catch {
            throw LaunchError(.failed, "audit", error.message, remedy: error.remedy)
        }
    }

    /// Writes down that nothing was started.
    ///
    /// - Returns: The refusal, which also says so where it could not be written down.
    func refused(_ problem: PolicyProblem, _ name: String) -> PolicyProblem {
        let error: LaunchError =
            switch problem {
            case .files(let errors): LaunchError(.failed, "policy", "the policy can't be used: \(errors)")
            case .host(let error): error
            }
        do {
            try log.append([entry(error, name)])
            return problem
        } catch {
            guard case .host(let refusal) = problem, refusal.cause != "audit" else { return problem }
            return .host(
                LaunchError(
                    refusal.kind, refusal.cause, "\(refusal.message) (\(error.message))", remedy: refusal.remedy,
                    decision: refusal.decision))
        }
    }

    private func entry(_ error: LaunchError, _ name: String) -> AuditEntry {
        let arguments: [String] =
            switch order.command {
            case .arguments(let words): words
            case .string(let text): [text]
            }
        let reason = error.decision?.reasons.first
        return .refusal(
            arguments, policy: policy?.name ?? name, cause: error.cause, reason: error.message, rule: reason?.rule,
            place: reason.flatMap { reason in reason.file.map { ($0, reason.line) } }, task: started,
            policy.map { Redaction($0.redact) } ?? .standard)
    }
}
