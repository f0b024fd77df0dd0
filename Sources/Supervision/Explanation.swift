internal import Kernel
public import Launching
public import Policy

/// What a policy says of one command on this host, and what confines it if it runs.
public struct Explanation: Sendable {
    /// One layer, as the policy wants it and as this host has it.
    public struct Layer: Sendable {
        /// Such as `landlock` or `network`.
        public let name: String
        /// What it means for this command.
        public let state: String
    }

    /// The command as it would be executed.
    public let arguments: [String]
    /// The program that would be executed; nil: none was found.
    public let program: String?
    /// The answer with its reasons.
    public let decision: Decision
    /// What confines it besides the command list.
    public let layers: [Layer]
    /// What happens when it is started and the policy asks for a person's approval; nil: it does not.
    public let approval: String?
    /// The policy's name.
    public let policy: String
    /// The policy's digest.
    public let digest: String

    /// Decides on a command; nothing is started.
    ///
    /// - Parameter canAsk: Whether whoever wants to know can have a person asked; nil: it is not said how it will be started.
    public init(
        _ command: RequestedCommand, _ compiled: CompiledPolicy, workspace: String?, canAsk: Bool? = nil
    ) throws(LaunchError) {
        let resolved = try ResolvedLaunch.resolve(
            command, compiled, directory: workspace ?? TaskIdentity.home, workspace: workspace)
        arguments = resolved.arguments
        program = resolved.program?.path
        decision = resolved.decision
        (policy, digest) = (compiled.policy.name, compiled.digest)
        approval = decision.verdict == .ask ? Self.approval(canAsk) : nil
        layers = try Self.layers(compiled, decision.asked.map(compiled.table.approving) ?? compiled.table)
    }

    private static func approval(_ canAsk: Bool?) -> String {
        switch canAsk {
        case nil:
            "a person is asked each time it is started: `caisson run` asks on its terminal, an MCP server "
                + "through its client (elicitation); where nobody can be asked, it is refused"
        case true?: "execute_command asks a person each time, and starts it if they approve"
        case false?: "execute_command refuses it, because this client asks nobody (it does not declare elicitation)"
        }
    }

    private static func layers(_ compiled: CompiledPolicy, _ table: CommandTable) throws(LaunchError) -> [Layer] {
        let policy = compiled.policy
        let list =
            compiled.hasCommandList
            ? "the kernel lets it start \(table.kernelPrograms.count) programs and no other"
            : "every program that it sees may be started (commands.allow_all)"
        let fixed = [
            Layer(name: "commands", state: list),
            Layer(
                name: "view",
                state:
                    "\(policy.files.view.word); writable: \(shown(policy.files.write)); read: \(shown(policy.files.read))"
            ),
            Layer(
                name: "execute",
                state: policy.files.execute.isEmpty ? "nothing that it can write" : shown(policy.files.execute)),
            Layer(name: "network", state: policy.network.mode.word),
            Layer(
                name: "namespaces",
                state: "user, mount, PID, IPC, UTS, cgroup\(policy.network.mode == .host ? "" : ", network")"),
            Layer(name: "capabilities", state: "none"), Layer(name: "no_new_privs", state: "set"),
            Layer(name: "seccomp", state: "base \(policy.syscalls.base)"),
        ]
        let findings = try HostLayers(policy, landlockABI: compiled.landlockABI).findings
        let applicable = findings.filter { $0.layer != .ports || !policy.network.ports.isEmpty }
        return fixed
            + applicable.map { finding in
                let state =
                    finding.missing.map { why in
                        policy.degrade.contains(finding.layer.rawValue)
                            ? "missing, as the policy allows: \(why)" : "missing, and the policy requires it: \(why)"
                    } ?? "enforced"
                return Layer(name: finding.layer.rawValue, state: state)
            }
    }

    private static func shown(_ places: [String]) -> String {
        places.isEmpty ? "nothing" : places.joined(separator: ", ")
    }
}
