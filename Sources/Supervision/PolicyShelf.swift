public import Audit
internal import Kernel
public import Launching
internal import Policy
public import PolicyCompiling
public import Tasks

/// The policies that a server was started with, by name. A caller can name one of these and no other.
public final class PolicyShelf {
    private let location: PolicyLocation
    private let state: StateDirectory
    private let environment: [String: String]
    private var paths: [String: String] = [:]
    private var compiled: [String: CompiledPolicy] = [:]
    /// The same with a program more that was approved, by the policy's name and the program's path.
    private var approved: [[String]: CompiledPolicy] = [:]
    private let audit: AuditLog?
    /// The one that holds where a caller names none.
    public let standard: String

    /// Looks the names up. None of them is compiled yet.
    ///
    /// - Parameter audit: Where it is written which policies are loaded; nil: nowhere, because nothing is started under them.
    public init(
        standard: String, others: [String], _ location: PolicyLocation, environment: [String: String],
        _ state: StateDirectory, audit: AuditLog? = nil
    ) throws(LaunchError) {
        self.audit = audit
        (self.standard, self.location, self.environment, self.state) = (standard, location, environment, state)
        for name in [standard] + others { paths[name] = try location.find(name, allowsPath: name == standard) }
    }

    /// The names, in order.
    public var names: [String] { paths.keys.sorted() }

    /// The policy of the shelf that calls itself so, as it was when it was last used; nil: none does.
    public func policy(named name: String) -> CompiledPolicy? {
        compiled.values.first { $0.policy.name == name }
    }

    /// A policy, compiled for this host as its files are now. One that can't be compiled any more is not replaced by what it
    /// was before.
    public func policy(_ name: String? = nil) throws(PolicyProblem) -> CompiledPolicy {
        let name = name ?? standard
        let path = try path(name)
        do throws(LaunchError) {
            let cache = CompiledPolicyCache(path, environment)
            let abi = Host.landlockABI
            if let known = compiled[name], try cache.isCurrent(known, landlockABI: abi) { return known }
            if let stored = try cache.read(state, landlockABI: abi) {
                return try keep(stored, name)
            }
        } catch {
            throw .host(error)
        }
        let fresh = try PolicyCompiler.compile(
            path, location, environment: environment, landlockABI: Host.landlockABI, state)
        do throws(LaunchError) { return try keep(fresh, name) } catch { throw .host(error) }
    }

    private func path(_ name: String) throws(PolicyProblem) -> String {
        if let path = paths[name] { return path }
        throw .host(
            LaunchError(
                .refused, "policy", "the server was not started with a policy \"\(name)\"",
                remedy: "it has \(names.joined(separator: ", ")); its operator can add one with --allow-policy"))
    }

    /// The policy for a launch that was approved: compiled with that program on the kernel's list, unless it is there anyway.
    /// Where the policy is another one than that of the question, it is given back as it is, and the launch asks again.
    func policy(_ name: String?, for approval: Approval?) throws(PolicyProblem) -> CompiledPolicy {
        let base = try policy(name)
        guard let question = approval?.question, question.policyDigest == base.digest, !base.table.lets(question.asked)
        else { return base }
        let (name, program, abi) = (name ?? standard, question.asked.path, Host.landlockABI)
        let path = try path(name)
        do throws(LaunchError) {
            let cache = CompiledPolicyCache(path, environment, approving: program)
            if let known = approved[[name, program]], try cache.isCurrent(known, landlockABI: abi) { return known }
            if let stored = try cache.read(state, landlockABI: abi) {
                approved[[name, program]] = stored
                return stored
            }
        } catch {
            throw .host(error)
        }
        let fresh = try PolicyCompiler.compile(
            path, location, environment: environment, landlockABI: abi, state, approving: program)
        approved[[name, program]] = fresh
        return fresh
    }

    /// What is loaded is written down before anything is started under it.
    private func keep(_ policy: CompiledPolicy, _ name: String) throws(LaunchError) -> CompiledPolicy {
        do throws(AuditError) {
            if compiled[name]?.digest != policy.digest {
                try audit?.append(AuditEntry.loaded(policy.policy, digest: policy.digest))
            }
        } catch {
            throw LaunchError(.failed, "audit", error.message, remedy: error.remedy)
        }
        compiled[name] = policy
        return policy
    }
}
