internal import Kernel
public import Policy
internal import Records
internal import Tasks

/// The layers that this host, this user and this kernel can enforce for one policy.
public struct HostLayers: Sendable {
    /// One layer that a policy needs.
    public struct Finding: Sendable, Equatable {
        /// Which one.
        public let layer: Layer
        /// Why it is missing here; nil: it is there.
        public let missing: String?
        /// How it can be had.
        public let remedy: String
    }

    /// Every layer that may be missing, and whether it is.
    public let findings: [Finding]

    /// Looks at the host, and changes nothing. It costs a few system calls, and is done at every launch.
    public init(_ policy: EffectivePolicy, landlockABI: Int32) throws(LaunchError) {
        try self.init(policy, landlockABI: landlockABI, try ControlGroupTree.find(policy.cgroupParent, prepares: false))
    }

    /// The same where the cgroups have been looked at already.
    init(_ policy: EffectivePolicy, landlockABI: Int32, _ groups: ControlGroupTree.Finding) throws(LaunchError) {
        let hasGroups = try on("getgroups") { () throws(Errno) in try Host.hasSupplementaryGroups() }
        let cannotDropGroups = hasGroups && Host.user != 0
        let wantsPorts = policy.network.mode == .host && !policy.network.ports.isEmpty
        findings = [
            Finding(
                layer: .cgroup, missing: groups.missing.map { "no cgroup v2 controller can be used: \($0)" },
                remedy: groups.remedy),
            Finding(
                layer: .groups,
                missing: cannotDropGroups
                    ? "an ordinary user can't drop supplementary groups, and this one has some (user_namespaces(7))"
                    : nil,
                remedy: "run as root, or as a user without supplementary groups"),
            Finding(
                layer: .landlock, missing: landlockABI < 1 ? "this kernel has no Landlock, or it is switched off" : nil,
                remedy: StartRemedy.landlock),
            Finding(
                layer: .scope,
                missing: policy.network.mode == .host && landlockABI < 6
                    ? "Landlock ABI \(landlockABI) does not scope signals and abstract sockets" : nil,
                remedy: "boot a kernel from 6.12 on"),
            Finding(
                layer: .ports,
                missing: wantsPorts && landlockABI < 4 ? "Landlock ABI \(landlockABI) has no rules for TCP ports" : nil,
                remedy: "boot a kernel from 6.7 on"),
        ]
    }

    /// Refuses a launch for which a layer is missing that the policy does not let be missing by name.
    func check(_ policy: EffectivePolicy) throws(LaunchError) {
        for finding in findings {
            guard let missing = finding.missing, !policy.degrade.contains(finding.layer.rawValue) else { continue }
            throw LaunchError(
                .failed, "require.\(finding.layer.rawValue)",
                "the layer \"\(finding.layer.rawValue)\" is missing, and policy \"\(policy.name)\" requires it: \(missing)",
                remedy: "\(finding.remedy); `caisson doctor` shows all layers")
        }
    }

    /// What the record of a task says of each layer.
    func enforcement(_ policy: EffectivePolicy) -> [Enforcement] {
        findings.map { finding in
            guard let missing = finding.missing else {
                let applies = finding.layer != .ports || !policy.network.ports.isEmpty
                return Enforcement(
                    finding.layer.rawValue, wanted: "required", applies ? .enforced : .notApplicable, means: "")
            }
            return Enforcement(finding.layer.rawValue, wanted: "degraded", .notEnforced, means: missing)
        }
    }
}
