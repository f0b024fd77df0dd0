public import Policy

extension ResolvedLaunch {
    /// Why it may not be started; nil: it may.
    ///
    /// What needs approval may be started with one that was given for exactly this. Otherwise the error has the question.
    func refusal(_ request: LaunchRequest, _ compiled: CompiledPolicy, _ directory: String) -> LaunchError? {
        guard var refusal = decision.refusal(arguments: arguments) else { return nil }
        guard let question = question(request, compiled, directory) else { return refusal }
        guard question != request.approval?.question else {
            guard !compiled.table.lets(question.asked) else { return nil }
            return LaunchError(.failed, "policy", "the policy was not compiled for what was approved")
        }
        guard question.text != nil else {
            return LaunchError(
                .refused, "ask", "the command needs a person's approval, and is too long to be read by one",
                remedy: "write what is long to a file in the workspace, and name the file", decision: decision)
        }
        if request.approval != nil {
            refusal = LaunchError(
                .refused, "ask",
                "what would be started now is not what was approved: the policy or a program has changed",
                remedy: "try again, and answer for what it is now", decision: decision)
        }
        refusal.question = question
        return refusal
    }

    private func question(
        _ request: LaunchRequest, _ compiled: CompiledPolicy, _ directory: String
    ) -> ApprovalQuestion? {
        guard decision.verdict == .ask, let program, let asked = decision.asked else { return nil }
        return ApprovalQuestion(
            arguments: arguments, executed: executed, files: scripts + [program], asked: asked,
            workingDirectory: directory, workspace: request.workspace?.path, variables: request.environment,
            input: request.shownInput, policy: compiled.policy.name, policyDigest: compiled.digest,
            reasons: decision.reasons)
    }
}

extension Launch {
    /// What a person has to be asked before a command is started; nil: nobody has to be asked, or it is refused anyway.
    public static func question(
        _ request: LaunchRequest, _ compiled: CompiledPolicy
    ) throws(LaunchError) -> ApprovalQuestion? {
        guard !compiled.table.ask.isEmpty else { return nil }
        let directory = try workingDirectory(request)
        let resolved = try ResolvedLaunch.resolve(
            request.command, compiled, directory: directory, workspace: request.workspace?.path, shell: request.shell)
        return resolved.refusal(request, compiled, directory)?.question
    }
}

extension ApprovalAnswer {
    /// The refusal that follows from it.
    ///
    /// - Parameters:
    ///   - why: What came instead of a clear answer.
    ///   - remedy: What whoever asked for the command can do; nothing, where that is the person who answered.
    public func refusal(_ question: ApprovalQuestion, why: String = "", remedy: String = "") -> LaunchError {
        let reason = question.reasons.first
        var decision = Decision(.ask, key: "ask", reasons: question.reasons)
        decision.asked = question.asked
        let said: String =
            switch self {
            case .approved: "it was approved"
            case .declined: "the person who was asked declined"
            case .cancelled: "the person who was asked put the question away"
            case .unanswered: "nobody answered"
            }
        return LaunchError(
            .refused, "ask", "\(reason?.description ?? "it needs a person's approval"); \(why.isEmpty ? said : why)",
            remedy: remedy, decision: decision)
    }
}
