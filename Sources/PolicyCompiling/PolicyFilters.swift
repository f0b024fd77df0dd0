internal import Glibc
internal import Kernel
public import Launching
public import Policy
public import Records
internal import SyscallFiltering

/// The filters of system calls that a policy asks for.
public struct PolicyFilters: Sendable {
    /// Every path at which the base would be found, where it is a file, as they looked before it was read.
    public let stamps: [PathStamp]
    private let request: FilterRequest
    private let policy: EffectivePolicy

    /// Reads the base, where it is a file.
    ///
    /// - Parameter hasCommandList: Whether the command list is a limit.
    public init(_ policy: EffectivePolicy, _ location: PolicyLocation, hasCommandList: Bool) throws(LaunchError) {
        let settings = policy.syscalls
        let isBuiltIn = ["default", "strict"].contains(settings.base)
        stamps = isBuiltIn ? [] : try PathStamp.all(location.syscallCandidates(settings.base))
        let path = isBuiltIn ? nil : try location.syscallList(settings.base)
        var text: String?
        if let path { text = String(decoding: try PolicyLocation.read(path), as: UTF8.self) }
        self.policy = policy
        request = FilterRequest(
            base: settings.base, baseText: text, allow: settings.allow, deny: settings.deny,
            network: Self.network(policy.network.mode), hasCommandList: hasCommandList,
            mayWriteExecute: policy.hardening.writeExecute)
    }

    private static func network(_ mode: NetworkMode) -> FilterNetwork {
        switch mode {
        case .none: .none
        case .loopback: .loopback
        case .egress, .host: .host
        }
    }

    /// Compiles the task's filter and those of the airlock itself.
    public func compile() throws(LaunchError) -> PlannedFilters {
        do throws(FilterError) {
            return PlannedFilters(
                task: try FilterCompiler.task(request), reaper: try FilterCompiler.reaper(),
                monitor: try FilterCompiler.monitor())
        } catch {
            let (key, origin) = place(of: error)
            throw LaunchError(
                .failed, "syscalls", "\(origin): \(key): \(error)",
                remedy:
                    "name calls as in syscalls(2), groups with @, and bases default, strict or a file in policies/syscalls"
            )
        }
    }

    /// The key that the error is about, and where it was set.
    private func place(of error: FilterError) -> (key: String, Origin) {
        let key: String =
            switch error {
            case .unknownName(let name, nil, _), .uncheckable(let name), .evadesCommandList(let name):
                policy.syscalls.deny.contains(name) ? "syscalls.deny" : "syscalls.allow"
            default: "syscalls.base"
            }
        return (key, policy.origins[key] ?? .standard)
    }
}
