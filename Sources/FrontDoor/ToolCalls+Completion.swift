internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Supervision
internal import Tasks
internal import ToolProtocol

extension ToolCalls {
    /// What somebody may mean that types.
    func complete(_ completion: Completion) throws(TaskError) -> Reply {
        let values: [String] =
            switch completion.kind {
            case .task: try supervisor.tasks.ids(beginning: completion.beginning)
            case .command: commands(beginning: completion.beginning)
            }
        return .answer(Completion.members(values, total: values.count))
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
