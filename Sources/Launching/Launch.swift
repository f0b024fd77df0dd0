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

/// Starts tasks. The order is that of the design: resolve, decide, admit, make the directory and take its lock, write the
/// plan, start the monitor.
public enum Launch {
    /// Starts one task.
    ///
    /// - Returns: As soon as the monitor runs; whether the task starts is told on its report socket.
    public static func start(
        _ request: LaunchRequest, _ compiled: CompiledPolicy, _ state: StateDirectory
    ) throws(LaunchError) -> LaunchedTask {
        let directory = try workingDirectory(request)
        let resolved = try ResolvedLaunch.resolve(
            request.command, compiled, directory: directory, workspace: request.workspace?.path, shell: request.shell)
        if let refusal = resolved.decision.refusal(arguments: resolved.arguments) { throw refusal }
        guard let program = resolved.program else { throw LaunchError(.notFound, "commands", "there is no program") }
        let groups = try ControlGroupTree.find(compiled.policy.cgroupParent)
        let layers = try HostLayers(compiled.policy, landlockABI: compiled.landlockABI, groups)
        try layers.check(compiled.policy)
        let id = TaskID(bytes: try on("getrandom") { () throws(Errno) in try Host.random(16) })
        let places = try PlacePlan(compiled, workspace: request.workspace, state: state.path)
        let planning = TaskPlan(
            compiled: compiled, request: request, id: id, places: places, workingDirectory: directory)
        var group: ControlGroup?
        do throws(LaunchError) {
            if case .tree(let tree) = groups {
                let rates = try DiskRate.values(compiled.policy.limits.io, compiled.view + places.steps)
                if !rates.isEmpty { try tree.handDownIO() }
                group = try ControlGroup(tree, id, compiled.policy.limits, rates, state)
            }
            var plan = try planning.plan(resolved, program, cgroup: group?.plan)
            let record = try record(request, compiled, resolved, plan, layers)
            let handed = Handed(request.streams, places, group)
            plan.descriptors = handed.roles
            return try spawn(plan, record, handed.numbers, group, state)
        } catch {
            // Nothing was started: the names that were missing are missing again.
            throw places.undone(error).undoing { () throws(LaunchError) in try group?.remove() }
        }
    }

    /// The descriptors after the fixed ones, and what each is.
    private struct Handed {
        var roles: [PlanDescriptor] = []
        var numbers: [Int32] = []

        init(_ streams: LaunchStreams, _ places: PlacePlan, _ group: ControlGroup?) {
            let optional: [(PlanDescriptor, Int32?)] = [
                (.input, streams.input), (.outputSink, streams.outputSink), (.errorSink, streams.errorSink),
                (.cgroup, group?.directory.number), (.cgroupParent, group?.parent.number),
            ]
            for case (let role, let number?) in optional { add(role, number) }
            for number in places.descriptors { add(.tree, number) }
            for placeholder in places.placeholders {
                add(.placeholder, placeholder.file.number)
                add(.placeholderParent, placeholder.parent.number)
            }
        }

        private mutating func add(_ role: PlanDescriptor, _ number: Int32) {
            roles.append(role)
            numbers.append(number)
        }
    }

    private static func workingDirectory(_ request: LaunchRequest) throws(LaunchError) -> String {
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
        _ layers: HostLayers
    ) throws(LaunchError) -> TaskRecord {
        let policy = compiled.policy
        return TaskRecord(
            id: plan.task, arguments: resolved.arguments, workingDirectory: plan.workingDirectory,
            workspace: request.workspace?.path, policy: policy.name, policyDigest: compiled.digest,
            startedAt: Clock.now(), owner: request.owner, tenant: "default",
            bootID: try on("boot id") { () throws(Errno) in try Host.bootID() },
            enforcement: layers.enforcement(policy)
                + LimitPlan.enforcement(policy.limits, hasControllers: plan.cgroup != nil),
            retention: policy.retention.ended.nanoseconds, recordBytes: policy.limits.output.bytes,
            inputStaysOpen: false, wall: plan.deadlines.wall, grace: plan.deadlines.grace)
    }

    private static func spawn(
        _ plan: LaunchPlan, _ record: TaskRecord, _ handed: [Int32], _ group: ControlGroup?, _ state: StateDirectory
    ) throws(LaunchError) -> LaunchedTask {
        let airlock = try InstalledFiles.program("caisson-airlock")
        let sealed = plan.sealed
        let created = try CreatedTask(record, plan: sealed, state)
        do throws(LaunchError) {
            try group?.isPlanned()
            return try spawn(airlock, plan.task, sealed, created, handed, group?.monitors.number)
        } catch {
            // Nothing runs, and nothing shall look as if it did.
            throw error.undoing(created.remove)
        }
    }

    private static func spawn(
        _ airlock: String, _ id: TaskID, _ sealed: [UInt8], _ created: CreatedTask, _ handed: [Int32],
        _ cgroup: Int32?
    ) throws(LaunchError) -> LaunchedTask {
        let directory = created.directory.number
        let (lock, control) = (created.lock.number, created.control.number)
        let (monitor, report) = try on("starting the airlock") { () throws(Errno) in
            let none = try Files.open("/dev/null", O_RDWR)
            let memory = try Files.sealedMemory("plan", sealed)
            let sockets = try DescriptorPair.sockets()
            let fixed = [
                none.number, none.number, none.number, memory.number, directory, lock, sockets.second.number, control,
            ]
            let pid = try Spawn.start(
                airlock, arguments: ["caisson-airlock", id.text], descriptors: fixed + handed, newSession: true,
                cgroup: cgroup)
            var report: Int32 = -1
            sockets.apart { first, _ in report = first.release() }
            return (pid, report)
        }
        return LaunchedTask(id: id, monitor: monitor, report: Descriptor(owning: report))
    }
}
