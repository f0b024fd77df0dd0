internal import Glibc
internal import Kernel
public import Policy
internal import Records

/// An airlock that has been started and waits for the plan of its task. It starts, and makes namespaces, while the front end still
/// decides; of the task it knows nothing then, and without a plan it goes away.
public final class Airlock {
    /// The name of the task, of which nothing else is known yet: the process list shows it.
    let task: TaskID
    private var pid: Int32 = -1
    /// Nil until it is started, and again once a task owns it.
    private var report: Int32?
    private let isEarly: Bool
    private var isBegun = false
    /// What it was prepared for.
    private(set) var preparation: Preparation?

    /// Starts an airlock, unless it has to begin in a control group that only the policy tells.
    ///
    /// - Parameter isEarly: Otherwise it is started when the task has been admitted.
    public init(isEarly: Bool = true) throws(LaunchError) {
        self.isEarly = isEarly
        task = TaskID(bytes: try on("getrandom") { () throws(Errno) in try Host.random(16) })
        if isEarly, !ControlGroupTree.isConceivable { try start() }
    }

    private func start() throws(LaunchError) {
        guard report == nil, !isBegun else { return }
        var monitors: String?
        if case .tree(let tree) = preparation?.groups { monitors = tree.monitors }
        let path = try InstalledFiles.program("caisson-airlock")
        (pid, report) = try on("starting the airlock") { () throws(Errno) in
            let none = try Files.open("/dev/null", O_RDWR)
            let sockets = try DescriptorPair.sockets()
            var fixed = [Int32](repeating: none.number, count: AirlockDescriptor.count)
            fixed[Int(AirlockDescriptor.report)] = sockets.second.number
            var group: SharedDescriptor?
            if let monitors { group = SharedDescriptor(try Files.open(monitors, O_RDONLY | O_DIRECTORY)) }
            let pid = try Spawn.start(
                path, arguments: ["caisson-airlock", task.text], descriptors: fixed, newSession: true,
                cgroup: group?.number)
            var report: Int32 = -1
            sockets.apart { first, _ in report = first.release() }
            return (pid, report)
        }
    }

    deinit { abandon() }

    /// Without a task it ends with what it has made; that is waited for, so that nothing of a refused launch is left.
    public func abandon() {
        guard let report else { return }
        close(report)
        self.report = nil
        // ECHILD: somebody reaped it, and so it has ended.
        do { _ = try Processes.reap(pid) } catch { return }
    }

    /// Lets it make namespaces and pipes for a task under a policy, before it is known whether there will be one.
    ///
    /// - Parameter mergesError: Whether both output streams will go through one pipe, or a terminal.
    public func prepare(_ policy: EffectivePolicy, mergesError: Bool = false) throws(LaunchError) {
        let preparation = Preparation(
            outline: try SandboxOutline(policy, task, mergesError: mergesError),
            groups: try ControlGroupTree.find(policy.cgroupParent))
        self.preparation = preparation
        guard isEarly else { return }
        try start()
        // Into its cgroup the task's first process is cloned, and that is made only for what is admitted.
        if preparation.groups.missing != nil { try begin(group: nil) }
    }

    /// Lets it make namespaces and pipes, once.
    ///
    /// - Parameter group: The task's cgroup, in which its first process begins.
    func begin(group: Int32?) throws(LaunchError) {
        guard !isBegun, let preparation else { return }
        try start()
        isBegun = true
        try send(.outline(preparation.outline), group.map { [$0] } ?? [])
    }

    /// Hands over a part of what comes with the plan. With the plan, which is the last of its part, the view can be built; after
    /// the last part the task may start.
    ///
    /// - Parameter descriptors: What each is, and its number.
    func hand(_ descriptors: [(role: PlanDescriptor, number: Int32)], isLast: Bool) throws(LaunchError) {
        var rest = descriptors[...]
        while !rest.isEmpty {
            let part = rest.prefix(AirlockMessage.descriptorLimit)
            rest = rest.dropFirst(part.count)
            try send(.descriptors(part.map(\.role), isLast: isLast && rest.isEmpty), part.map(\.number))
        }
    }

    /// The task, once everything is handed over: its monitor reports.
    func launched() throws(LaunchError) -> LaunchedTask {
        guard let report else { throw LaunchError(.failed, "launch", "the airlock has a task already") }
        self.report = nil
        return LaunchedTask(id: task, monitor: pid, report: Descriptor(owning: report))
    }

    private func send(_ message: AirlockMessage, _ descriptors: [Int32]) throws(LaunchError) {
        guard let report else { throw LaunchError(.failed, "launch", "the airlock has a task already") }
        try on("the airlock") { () throws(Errno) in
            try Transfer.send(report, message.bytes, descriptors: descriptors)
        }
    }
}

/// What follows from the policy alone.
struct Preparation {
    /// What namespaces and pipes are made from.
    let outline: SandboxOutline
    /// Whether there are cgroups to be had.
    let groups: ControlGroupTree.Finding
}
