internal import Kernel
internal import Policy
internal import Records

/// Puts the launch plan of one task together from a compiled policy and what the caller asks for.
struct TaskPlan {
    let compiled: CompiledPolicy
    let request: LaunchRequest
    let outline: SandboxOutline
    let places: PlacePlan
    let workingDirectory: String

    /// The plan, without the descriptors, which only the launch knows.
    func plan(_ resolved: ResolvedLaunch, _ program: ProgramIdentity, cgroup: PlannedCgroup?) throws(LaunchError)
        -> LaunchPlan
    {
        let policy = compiled.policy
        let environment = try TaskEnvironment.plan(
            policy, host: request.hostEnvironment, request: request.environment, hasTerminal: request.terminal != nil)
        return LaunchPlan(
            task: outline.task, arguments: resolved.executed.map { Array($0.utf8) },
            environment: environment.map { Array($0.assignment.utf8) },
            executable: try executable(program, resolved), workingDirectory: workingDirectory,
            hostName: "caisson", identity: outline.identity, mounts: view + places.steps,
            scratchBytes: policy.files.tmp.bytes, network: outline.network,
            limits: try LimitPlan.limits(policy.limits, hasControllers: cgroup != nil), landlock: landlock(policy),
            filters: compiled.filters,
            hardening: PlannedHardening(
                denyWriteExecute: !policy.hardening.writeExecute,
                mitigateSpeculation: policy.hardening.speculation == .mitigate, sessionKeyring: mayUseKeys(policy)),
            deadlines: deadlines(policy),
            streams: PlannedStreams(
                mergesError: outline.mergesError, recordBytes: policy.limits.output.bytes,
                inputStaysOpen: request.terminal != nil || request.streams.inputSource != nil,
                terminal: request.terminal),
            cgroup: cgroup, placeholders: places.placeholders.map(\.name))
    }

    /// The view, with a directory instead of a link that has a place of this task beneath it: a workspace in /var/tmp is there,
    /// and not in /tmp.
    private var view: [MountStep] {
        compiled.view.map { step in
            guard case .link(let path, _) = step, places.steps.contains(where: { Paths.isWithin($0.target, path) })
            else { return step }
            return .directory(path: path, mode: 0o755)
        }
    }

    private func executable(_ program: ProgramIdentity, _ resolved: ResolvedLaunch) throws(LaunchError)
        -> PlannedExecutable
    {
        // Scripts are only read, by their interpreters.
        for script in resolved.scripts { _ = try shown(script) }
        let place = try shown(program)
        guard !place.isNotExecutable else {
            throw LaunchError(
                .notExecutable, "files.execute",
                "\(program.path) lies in \(place.target), from which policy \"\(compiled.policy.name)\" lets nothing be executed",
                remedy: "name the place in files.execute, with a [[relax]] that says why")
        }
        var digest: [UInt8] = []
        if let wanted = resolved.decision.requiredDigest {
            // The rule pins what the caller names; what init compares again is what is executed.
            let pinned = try pinned(resolved.scripts.first ?? program, wanted)
            if resolved.scripts.isEmpty { digest = pinned }
        }
        return PlannedExecutable(
            path: program.path, inode: program.inode, size: program.size, modified: program.modified, digest: digest)
    }

    private func shown(_ program: ProgramIdentity) throws(LaunchError) -> MountStep {
        guard let place = place(of: program.path) else {
            throw LaunchError(
                .notFound, "files.view", "\(program.path) is not in the view of policy \"\(compiled.policy.name)\"",
                remedy: "add its directory to files.read of the policy")
        }
        return place
    }

    /// The innermost tree of the view that holds a path of the host.
    private func place(of path: String) -> MountStep? {
        (compiled.view + places.steps).last { step in
            switch step {
            case .tree, .overlay, .handed: Paths.isWithin(path, step.target)
            default: false
            }
        }
    }

    /// Compares the file with its pinned digest here, where the difference can be explained; init compares it again.
    private func pinned(_ program: ProgramIdentity, _ wanted: String) throws(LaunchError) -> [UInt8] {
        let contents = try on(program.path) { () throws(Errno) in try Files.contents(program.path) }
        let digest = SHA256.digest(contents)
        guard Hexadecimal.text(digest) == wanted.lowercased() else {
            throw LaunchError(
                .refused, "commands",
                "\(program.path) has the digest \(Hexadecimal.text(digest)), and its rule pins \(wanted)",
                remedy: "find out who changed the program before you change the rule")
        }
        return digest
    }

    /// Whether the filter may let calls for keys through: no base of ours does.
    private func mayUseKeys(_ policy: EffectivePolicy) -> Bool {
        let calls: Set = ["add_key", "keyctl", "request_key", "@keyring"]
        return !["default", "strict"].contains(policy.syscalls.base) || !calls.isDisjoint(with: policy.syscalls.allow)
    }

    private func landlock(_ policy: EffectivePolicy) -> PlannedLandlock {
        let ports = policy.network.ports.map(\.number)
        let restricts = policy.network.mode == .host && !ports.isEmpty
        let required: Int32 =
            // Without the host's network, PID and network namespace hold signals and abstract sockets already.
            policy.network.mode == .host && !policy.degrade.contains("scope")
            ? 6
            : restricts && !policy.degrade.contains("ports")
                ? 4
                : policy.degrade.contains("landlock") ? 0 : 1
        // The record says what holds here by the ABI that was found: with less, the task does not start.
        return PlannedLandlock(
            minimumABI: max(required, compiled.landlockABI), rules: compiled.rules + places.rules,
            connectPorts: restricts ? ports : nil)
    }

    private func deadlines(_ policy: EffectivePolicy) -> PlannedDeadlines {
        let wall = policy.limits.wall.nanoseconds
        return PlannedDeadlines(
            wall: request.wall.map { wall == 0 ? $0 : min($0, wall) } ?? wall, grace: policy.limits.grace.nanoseconds,
            cpuTime: policy.limits.cpuTime.nanoseconds)
    }
}
