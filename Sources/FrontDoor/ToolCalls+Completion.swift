internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Supervision
internal import Tasks
internal import ToolProtocol

extension ToolCalls {
    /// What somebody may mean that types.
    func complete(_ completion: Completion) throws(TaskError) -> Reply {
        switch completion.kind {
        case .task:
            let found = try supervisor.tasks.ids(beginning: completion.beginning, limit: Completion.limit)
            return .answer(Completion.members(found.ids, total: found.total))
        case .command:
            let found = commands(beginning: completion.beginning)
            return .answer(Completion.members(found, total: found.count))
        }
    }

    /// What the server's policy lists. Where it lists nothing, or can't be used, there is nothing to be offered.
    private func commands(beginning: String) -> [String] {
        do throws(PolicyProblem) {
            let entries = try supervisor.policies.policy().policy.commands.allow
            let words = Set(entries.map(\.spelling)).filter { !$0.contains("*") && $0.hasPrefix(beginning) }
            return words.sorted()
        } catch {
            return []
        }
    }
}
