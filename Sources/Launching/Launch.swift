internal import Glibc
public import Kernel
internal import Policy
public import Records
public import Tasks

/// A task whose monitor has been started.
public final class LaunchedTask: Sendable {
    /// Its name.
    public let id: TaskID
    /// The monitor's pid, a child of this process.
    public let monitor: Int32
    /// Tells the start, a failure and the end (`ControlReply`), takes requests (`ControlRequest`).
    public let report: Descriptor

    init(id: TaskID, monitor: Int32, report: consuming Descriptor) {
        (self.id, self.monitor) = (id, monitor)
        self.report = report
    }
}

/// What a front end does once everything of a task is ready and nothing of it runs: it writes the start down, or refuses it.
///
/// It gets the task's record, and the plan as it is handed to the airlock.
public typealias Admission = (TaskRecord, [UInt8]) throws(LaunchError) -> Void

/// Starts tasks. The order is that of the design: resolve, decide, admit, make the directory and take its lock, write the
/// plan, hand it to the airlock.
public enum Launch {
    /// Starts one task.
    ///
    /// - Parameters:
    ///   - airlock: One that was started before, which makes the namespaces meanwhile; nil: one is started at last.
    ///   - admit: Called before anything is released.
    /// - Returns: As soon as the monitor has the plan; whether the task starts is told on its report socket.
    public static func start(
        _ request: LaunchRequest, _ compiled: CompiledPolicy, _ state: StateDirectory, in airlock: Airlock? = nil,
        admit: Admission = { (_, _) throws(LaunchError) in }
    ) throws(LaunchError) -> LaunchedTask {
        let used: Airlock
        if let airlock { used = airlock } else { used = try Airlock(isEarly: false) }
        return try start(request, compiled, state, used, admit) { () throws(LaunchError) in }
    }

    /// Starts one task under a policy of which it is found out meanwhile whether it still holds.
    ///
    /// - Throws: An error that `isStale` where it does not: nothing was started.
    public static func start(
        _ request: LaunchRequest, _ cached: CachedPolicy, _ state: StateDirectory, in airlock: Airlock,
        admit: Admission = { (_, _) throws(LaunchError) in }
    ) throws(LaunchError) -> LaunchedTask {
        try cached.judge { () throws(LaunchError) in
            try start(request, cached.compiled, state, airlock, admit) { () throws(LaunchError) in
                try cached.confirm()
            }
        }
    }

    private static func start(
        _ request: LaunchRequest, _ compiled: CompiledPolicy, _ state: StateDirectory, _ airlock: Airlock,
        _ admit: Admission, confirm: () throws(LaunchError) -> Void
    ) throws(LaunchError) -> LaunchedTask {
        if airlock.preparation == nil {
            // A terminal has one stream.
            try airlock.prepare(compiled.policy, mergesError: request.mergesError || request.terminal != nil)
        }
        guard let (outline, groups) = airlock.preparation.map({ ($0.outline, $0.groups) }) else {
            throw LaunchError(.failed, "launch", "the airlock is not prepared")
        }
        let directory = try workingDirectory(request)
        let resolved = try ResolvedLaunch.resolve(
            request.command, compiled, directory: directory, workspace: request.workspace?.path, shell: request.shell)
        if let refusal = resolved.refusal(request, compiled, directory) { throw refusal }
        guard let program = resolved.program else { throw LaunchError(.notFound, "commands", "there is no program") }
        let layers = try HostLayers(compiled.policy, landlockABI: compiled.landlockABI, groups)
        try layers.check(compiled.policy)
        let places = try PlacePlan(compiled, workspace: request.workspace, state: state.path)
        let planning = TaskPlan(
            compiled: compiled, request: request, outline: outline, places: places, workingDirectory: directory)
        var group: ControlGroup?
        do throws(LaunchError) {
            if case .tree(let tree) = groups {
                let rates = try DiskRate.values(compiled.policy.limits.io, compiled.view + places.steps)
                if !rates.isEmpty { try tree.handDownIO() }
                group = try ControlGroup(tree, outline.task, compiled.policy.limits, rates, state)
                try airlock.begin(group: group?.directory.number)
            }
            let plan = try planning.plan(resolved, program, cgroup: group?.plan)
            let record = try record(request, compiled, resolved, plan, layers, places.watched)
            try own(request.streams, outline.identity)
            let handed = descriptors(request.streams, places, group)
            return try hand(plan, record, handed, group, state, airlock, admit, confirm: confirm)
        } catch {
            // Nothing was started: the names that were missing are missing again, and the group is empty.
            airlock.abandon()
            throw places.undone(error).undoing { () throws(LaunchError) in try group?.remove() }
        }
    }

    private static func descriptors(
        _ streams: LaunchStreams, _ places: PlacePlan, _ group: ControlGroup?
    ) -> [(role: PlanDescriptor, number: Int32)] {
        let optional: [(PlanDescriptor, Int32?)] = [
            (.input, streams.input), (.inputSource, streams.inputSource), (.outputSink, streams.outputSink),
            (.errorSink, streams.errorSink),
            (.cgroup, group?.directory.number), (.cgroupParent, group?.parent.number),
        ]
        var found: [(role: PlanDescriptor, number: Int32)] = []
        for case (let role, let number?) in optional { found.append((role, number)) }
        for number in places.descriptors { found.append((.tree, number)) }
        for placeholder in places.placeholders {
            found.append((.placeholder, placeholder.file.number))
            found.append((.placeholderParent, placeholder.parent.number))
        }
        return found
    }

    static func workingDirectory(_ request: LaunchRequest) throws(LaunchError) -> String {
        guard let wanted = request.workingDirectory else { return request.workspace?.path ?? TaskIdentity.home }
        guard let workspace = request.workspace else {
            throw LaunchError(
                .refused, "workspace", "there is no workspace in which \(wanted) could be",
                remedy: "name one with --workspace DIR")
        }
        return try workspace.directory(wanted)
    }

    private static func record(
        _ request: LaunchRequest, _ compiled: CompiledPolicy, _ resolved: ResolvedLaunch, _ plan: LaunchPlan,
        _ layers: HostLayers, _ watched: WatchedNames?
    ) throws(LaunchError) -> TaskRecord {
        let policy = compiled.policy
        return TaskRecord(
            id: plan.task, arguments: Redaction(policy.redact).arguments(resolved.arguments),
            workingDirectory: plan.workingDirectory,
            workspace: request.workspace?.path, policy: policy.name, policyDigest: compiled.digest,
            startedAt: Clock.now(), owner: request.owner, tenant: "default",
            bootID: try on("boot id") { () throws(Errno) in try Host.bootID() },
            enforcement: layers.enforcement(policy)
                + LimitPlan.enforcement(policy.limits, hasControllers: plan.cgroup != nil),
            retention: policy.retention.ended.nanoseconds, recordBytes: policy.limits.output.bytes,
            inputStaysOpen: plan.streams.inputStaysOpen, wall: plan.deadlines.wall, grace: plan.deadlines.grace,
            retainedBytes: policy.retention.disk.bytes, watched: watched)
    }

    /// Makes the task's directory and hands everything to the airlock.
    private static func hand(
        _ plan: LaunchPlan, _ record: TaskRecord, _ descriptors: [(role: PlanDescriptor, number: Int32)],
        _ group: ControlGroup?, _ state: StateDirectory, _ airlock: Airlock, _ admit: Admission,
        confirm: () throws(LaunchError) -> Void
    ) throws(LaunchError) -> LaunchedTask {
        let sealed = plan.sealed
        try airlock.begin(group: group?.directory.number)
        let memory = try on("the plan", remedy: CreatedTask.remedy) { () throws(Errno) in
            try Files.sealedMemory("plan", sealed)
        }
        // Init builds the view while the policy is confirmed and the directory made, without which nothing is released.
        try airlock.hand(descriptors + [(.plan, memory.number)], isLast: false)
        try confirm()
        let created = try CreatedTask(record, plan: sealed, state)
        do throws(LaunchError) {
            try group?.isPlanned()
            // The directory is there and locked: should this front end die now, the next one finds the task and its end.
            try admit(record, sealed)
            try airlock.hand(
                [
                    (.directory, created.directory.number), (.lock, created.lock.number),
                    (.control, created.control.number),
                ], isLast: true)
            return try airlock.launched()
        } catch {
            // Nothing runs, and nothing shall look as if it did.
            airlock.abandon()
            throw error.undoing(created.remove)
        }
    }
}
