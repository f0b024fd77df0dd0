internal import Glibc
internal import Kernel
public import Launching
internal import Policy
internal import Records
public import Tasks

/// Makes a policy ready for this host. It is the slow part of a launch, done once for each policy and host.
public enum PolicyCompiler {
    /// Compiles a policy file and puts the result into the cache.
    ///
    /// - Parameters:
    ///   - path: The real path of the file.
    ///   - landlockABI: That of the running kernel.
    ///   - approving: The real path of a program of `commands.ask` that the kernel lets through as well; nil: none.
    public static func compile(
        _ path: String, _ location: PolicyLocation, environment: [String: String], landlockABI: Int32,
        _ state: StateDirectory, approving: String? = nil
    ) throws(PolicyProblem) -> CompiledPolicy {
        let reading = try PolicyReading(path, location)
        do throws(LaunchError) {
            let compiled = try compile(reading, location, environment, landlockABI, state, approving)
            try CompiledPolicyCache(path, environment, approving: approving).write(compiled, state)
            return compiled
        } catch {
            throw .host(error)
        }
    }

    private static func compile(
        _ reading: PolicyReading, _ location: PolicyLocation, _ environment: [String: String], _ landlockABI: Int32,
        _ state: StateDirectory, _ approving: String?
    ) throws(LaunchError) -> CompiledPolicy {
        let policy = reading.policy
        guard Host.hasSeccompKill else {
            throw LaunchError(
                .failed, "require.seccomp",
                "the layer \"seccomp\" is missing: this kernel can't kill a process for a system call",
                remedy: "\(StartRemedy.seccomp); `caisson doctor` shows all layers")
        }
        let server = try InstalledFiles.program("caisson-server")
        // Only with the names looked up it is known where they were looked for: it is done once more, after the stamps.
        let places = places(try table(policy, environment))
        let stamps = try PathStamp.all([server] + policy.commands.path + places)
        let table = try approved(try table(policy, environment), approving)
        let programs = table.allowAll == nil ? try ProgramList(table) : nil
        let view = try SystemView(policy, programs, state)
        let filters = try PolicyFilters(policy, location, hasCommandList: programs != nil)
        return CompiledPolicy(
            policy: policy, table: table, filters: try filters.compile(), view: view.steps, rules: view.rules,
            readTrees: view.readTrees, unseen: view.unseen,
            stamps: Set(reading.stamps + stamps + filters.stamps + view.stamps).sorted { $0.path < $1.path },
            kernel: Host.kernelRelease(), landlockABI: landlockABI)
    }

    /// The table for launches that were approved; without `approving`, the table as it is.
    private static func approved(_ table: CommandTable, _ approving: String?) throws(LaunchError) -> CommandTable {
        guard let approving else { return table }
        guard let command = table.ask.first(where: { $0.program.path == approving }) else {
            throw LaunchError(
                .refused, "ask", "\(approving) is no program of commands.ask any more",
                remedy: "try again: what holds now is decided then")
        }
        return table.approving(command.program)
    }

    /// The directories of everything in a list that is named by its path: what comes or goes there is noticed.
    static func places(_ table: CommandTable) -> Set<String> {
        let entries = table.entries.map(\.entry) + table.ask.map(\.entry) + table.unresolved
        let children = table.rules.flatMap(\.children) + (table.entries + table.ask).map(\.program)
        let named = (entries.map(\.program) + children.map(\.path)).filter { $0.hasPrefix("/") }
        return Set(named.compactMap(Paths.parent))
    }

    private static func table(
        _ policy: EffectivePolicy, _ environment: [String: String]
    ) throws(LaunchError) -> CommandTable {
        var failure: LaunchError?
        let table = CommandTable.build(
            policy: policy, environment: environment,
            resolve: { name in
                attempt(&failure) { () throws(LaunchError) in
                    try ProgramSearch.program(name, path: policy.commands.path)
                } ?? nil
            },
            expand: { pattern in
                attempt(&failure) { () throws(LaunchError) in try ProgramSearch.expand(pattern) } ?? []
            })
        if let failure { throw failure }
        return table
    }

    /// The table's closures can't throw; the first failure is kept and thrown afterwards.
    private static func attempt<Value>(
        _ failure: inout LaunchError?, _ body: () throws(LaunchError) -> Value
    ) -> Value? {
        do throws(LaunchError) {
            return try body()
        } catch {
            failure = failure ?? error
            return nil
        }
    }
}
