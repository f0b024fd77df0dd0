/// A compiled policy as it was found in the cache. Whether what it was made from still looks the same takes hundreds of system
/// calls, and is found out while the sandbox is built; nothing runs before.
public final class CachedPolicy {
    /// The policy, which may be of yesterday.
    public let compiled: CompiledPolicy
    private var known: Bool?

    init(_ compiled: CompiledPolicy) {
        self.compiled = compiled
    }

    /// Whether everything that it was made from still looks the same. It is looked at once.
    public func isCurrent() throws(LaunchError) -> Bool {
        if let known { return known }
        let found = try compiled.stamps.areCurrent()
        known = found
        return found
    }

    /// Does what follows from the policy. Where that fails, and the policy holds no longer, the failure says nothing.
    ///
    /// - Throws: What `body` throws, or `LaunchError.stalePolicy`.
    public func judge<Result>(_ body: () throws(LaunchError) -> Result) throws(LaunchError) -> Result {
        do throws(LaunchError) {
            return try body()
        } catch {
            throw try isCurrent() ? error : .stalePolicy
        }
    }

    /// Refuses what was made from a policy that holds no longer.
    func confirm() throws(LaunchError) {
        guard try isCurrent() else { throw .stalePolicy }
    }
}

extension LaunchError {
    /// What the policy was made from has changed: it has to be compiled again, and the launch begun again.
    static let stalePolicy = LaunchError(
        .failed, "policy.stale", "the policy, or a program of this host, changed while the task was started",
        remedy: "run the command again")

    /// Whether it says only that the policy holds no longer.
    public var isStale: Bool { cause == Self.stalePolicy.cause }
}
