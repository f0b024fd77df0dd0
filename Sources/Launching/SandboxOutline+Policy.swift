internal import Kernel
internal import Policy
internal import Records

extension SandboxOutline {
    /// What a policy says of namespaces and pipes of a new task.
    init(_ policy: EffectivePolicy, _ task: TaskID, mergesError: Bool) throws(LaunchError) {
        guard policy.privileges.user == .task || Host.user != 0 else {
            throw LaunchError(
                .failed, "privileges.user", "as root, privileges.user = \"caller\" is not enforced by this version",
                remedy: "leave the key out: the task gets a uid of its own")
        }
        self.init(
            task: task, identity: TaskIdentity.plan(for: task), network: try Self.network(policy),
            mergesError: mergesError)
    }

    private static func network(_ policy: EffectivePolicy) throws(LaunchError) -> PlannedNetwork {
        switch policy.network.mode {
        case .none: return .none
        case .loopback: return .loopback
        case .host: return .host
        case .egress:
            throw LaunchError(.failed, "network.mode", "network.mode = \"egress\" is not enforced by this version")
        }
    }
}
