internal import Kernel
public import Launching
public import Policy
internal import Records

extension CompiledPolicy {
    /// A policy that was made ready for this host in no time: with the names that the host has, no filters, and no view
    /// but /usr.
    ///
    /// - Parameter stamps: What it was made from.
    public static func sample(
        _ policy: EffectivePolicy = EffectivePolicy(), environment: [String: String] = [:], stamps: [PathStamp] = []
    ) throws -> CompiledPolicy {
        let table = CommandTable.build(
            policy: policy, environment: environment,
            resolve: { name in
                do { return try ProgramSearch.program(name, path: policy.commands.path) } catch { return nil }
            },
            expand: { pattern in
                do { return try ProgramSearch.expand(pattern) } catch { return [] }
            })
        return CompiledPolicy(
            policy: policy, table: table, filters: PlannedFilters(task: [6, 6, 6], reaper: [7], monitor: [8, 9]),
            view: [.tree(source: "/usr", target: "/usr", attributes: [.readOnly])],
            rules: [LandlockRule(path: "/usr", grant: [.read])], readTrees: [], unseen: ["/opt/unseen"], stamps: stamps,
            kernel: Host.kernelRelease(), landlockABI: Host.landlockABI)
    }
}

extension EffectivePolicy {
    /// A policy with a list of commands, under which root's own directories may be a workspace.
    ///
    /// - Parameter path: Where names are looked up.
    public static func allowing(_ commands: [String], path: [String] = ["/usr/bin", "/bin"]) -> EffectivePolicy {
        var policy = EffectivePolicy()
        policy.name = "sample"
        policy.commands.path = path
        policy.commands.allow = commands.compactMap { CommandEntry($0, origin: sampleOrigin) }
        policy.files.rootWorkspace = true
        policy.degrade = ["cgroup", "groups", "landlock", "scope"]
        return policy
    }

    /// Where everything in a policy of the tests was written.
    public static var sampleOrigin: Origin { Origin(file: "/policies/sample.toml", line: 3, column: 1) }
}
