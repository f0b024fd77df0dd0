import Confinement
import Glibc
import Kernel
import Records
import Spooling

/// Watches one task from outside until nothing of it is left: records its output, keeps its deadlines, carries out what
/// front ends ask, and writes down how it ended. It needs nobody, and waits for events only.
final class Monitor {
    let plan: LaunchPlan
    let inherited: Inheritance
    var ending: Ending
    var taskPid: Int32?
    var taskProcess: Int32?
    var startedAt: UInt64?
    var gateIsOpen = false
    var report: Int32? = AirlockDescriptor.report
    var streams: [OutputStream] = []
    var input: TaskInput?
    var terminal: TaskTerminal?
    var sandbox: Sandbox?
    var mounts: MountWatch?
    /// Kept open until the end. What an open mountinfo refers to is taken apart with the monitor, and not before somebody hears
    /// of the task's end.
    var mountTable: Int32?
    var endFile: PreparedFile?
    var receiptFile: PreparedFile?
    var budget: CPUBudget?
    private var lasting = LastingRecord()
    var children: TaskProcess?
    var observation: Observation?
    var hasTakenBack = false
    var leftBehind: String?
    private var statusIsOpen = true
    private var isSettled = false
    private var readyTask = false
    private var readyReaper = false
    let spool: SpoolWriter
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)

    init(plan: LaunchPlan, descriptors: Inheritance) {
        self.plan = plan
        inherited = descriptors
        ending = Ending(grace: plan.deadlines.grace, now: Clock.monotonic(), subject: plan.subject)
        spool = SpoolWriter(directory: AirlockDescriptor.directory, limit: plan.streams.recordBytes)
    }

    /// Watches a sandbox that has all it needs, and stays until its end is on disk.
    func run(_ begun: Result<Sandbox, ConfinementError>) -> Never {
        do throws(ConfinementError) {
            let sandbox = try begun.get()
            self.sandbox = sandbox
            // What was handed over must not outlive execve.
            try step(.plan) { () throws(Errno) in try Descriptors.closeOnExecute() }
            // After the clone: an ignored signal would stay ignored in the task.
            Processes.ignore(SIGPIPE)
            // A file size limit of the front end's own is an error of the write, and no death.
            Processes.ignore(SIGXFSZ)
            try step(.pipes) { () throws(Errno) in try connect(sandbox) }
            // Before the filter, which lets nobody ask who they are.
            var control = ControlSocket(owner: geteuid())
            try prepare(sandbox)
            try watch(sandbox, &control)
            finish(conclude(sandbox), &control)
        } catch {
            finish(failed(error))
        }
    }

    /// One sector; only a record of the end with a long text needs more.
    static let endRoom = 512

    /// What takes time and needs nothing of the sandbox, while init builds it.
    private func prepare(_ sandbox: Sandbox) throws(ConfinementError) {
        try step(.taskDirectory) { () throws(Errno) in
            endFile = try PreparedFile("end", at: AirlockDescriptor.directory, room: Self.endRoom)
            receiptFile = try PreparedFile("receipt", at: AirlockDescriptor.directory)
        }
        observation = try step(.receipt) { () throws(Errno) in
            try Observation(plan: plan, mountNamespace: sandbox.mountNamespace)
        }
        try MonitorConfinement.prepare(plan)
    }

    private func connect(_ sandbox: Sandbox) throws(Errno) {
        // A terminal is still to come.
        let isTerminal = plan.streams.terminal != nil
        if isTerminal { close(sandbox.output) }
        input = try TaskInput(pipe: inherited.inputSource)
        streams = [OutputStream(.stdout, source: isTerminal ? nil : sandbox.output, sink: inherited.outputSink)]
        if let error = sandbox.error {
            streams.append(OutputStream(.stderr, source: error, sink: inherited.errorSink))
        } else if let sink = inherited.errorSink {
            close(sink)
        }
        for sink in [inherited.outputSink, inherited.errorSink] {
            if let sink { try Files.setNonBlocking(sink) }
        }
    }

    /// Init has made the terminal.
    private func connect(_ descriptors: [Int32]) throws(Errno) {
        guard let size = plan.streams.terminal, terminal == nil else { throw Errno(rawValue: EBADMSG) }
        let made = try TaskTerminal(descriptors, size)
        streams[0].begin(made.master)
        (terminal, input) = (made, TaskInput(terminal: made.master))
    }

    // MARK: events

    /// The event loop, until init has ended or can't be ended.
    private func watch(_ sandbox: Sandbox, _ control: inout ControlSocket) throws(ConfinementError) {
        var initEnded = false
        while !initEnded, !ending.gaveUp {
            let poll = try step(.gate) { () throws(Errno) in try waitForEvents(sandbox, control) }
            initEnded = poll.initEnded
            if poll.status { try readStatus(sandbox) }
            if poll.executed, startedAt == nil, !ending.isOver { started() }
            try step(.pipes) { () throws(Errno) in try moveOutput(&control) }
            if poll.mounts { try step(.mounts) { () throws(Errno) in try checkMounts(sandbox) } }
            if poll.report { readReport(sandbox) }
            serve(poll.control, &control, sandbox)
            input?.flush()
            control.tellRoom(input?.room)
            try step(.cgroup) { () throws(Errno) in try checkTime(sandbox) }
            keepRecord()
        }
    }

    private func checkTime(_ sandbox: Sandbox) throws(Errno) {
        let now = Clock.monotonic()
        perform(ending.expire(now: now, wallText: DurationText.exact(plan.deadlines.wall)), sandbox)
        if try budget?.isUsedUp(now: now) ?? false {
            perform(ending.exceedCPUTime(text: DurationText.exact(plan.deadlines.cpuTime), now: now), sandbox)
        }
    }

    /// A disk that refuses costs the task nothing: it is known as long as the power stays.
    private func keepRecord() {
        do {
            // The beginning is over: what it took is not needed for the hours that may come.
            if try lasting.keep(now: Clock.monotonic()) { Memory.giveBack() }
        } catch {
            leftBehind = "a power failure may have it forgotten: \(error)"
        }
    }

    private struct Events {
        var initEnded = false
        var status = false
        var executed = false
        var report = false
        var mounts = false
        /// Sockets that have something: those of control connections, and the listener.
        var control: [Int32] = []
    }

    private func waitForEvents(_ sandbox: Sandbox, _ control: ControlSocket) throws(Errno) -> Events {
        var poll = Poll()
        let process = poll.add(sandbox.initProcess, POLLIN_)
        let status = poll.add(statusIsOpen ? sandbox.status : -1, POLLIN_)
        let gate = gateIsOpen && startedAt == nil ? poll.add(sandbox.gate, 0) : nil
        let front = report.map { poll.add($0, POLLIN_) }
        let table = mounts.map { poll.add($0.table, Int32(POLLPRI)) }
        poll.add(input?.waiting ?? -1, POLLOUT_)
        let now = Clock.monotonic()
        let pause = control.pause.flatMap { $0 > now ? $0 : nil }
        // Whoever types has to wait until there is something to type on.
        let isReachable = plan.streams.terminal == nil || terminal != nil
        let listener = poll.add(isReachable && pause == nil ? control.listener : -1, POLLIN_)
        let clients = control.connections.map { poll.add($0.socket, POLLIN_) }
        for stream in streams {
            if let source = stream.source { poll.add(stream.isHeldBack ? -1 : source, POLLIN_) }
            if let sink = stream.sink { poll.add(sink, stream.isHeldBack ? POLLOUT_ : 0) }
        }
        let next = min(ending.deadline ?? .max, budget?.deadline ?? .max, lasting.deadline ?? .max, pause ?? .max)
        try poll.wait(timeout: next == .max ? nil : next > now ? next - now : 0)
        var events = Events()
        events.initEnded = poll.events(process) != 0
        events.status = poll.events(status) & POLLIN_ != 0
        events.executed = gate.map { poll.events($0) != 0 } ?? false
        events.report = front.map { poll.events($0) != 0 } ?? false
        events.mounts = table.map { poll.events($0) != 0 } ?? false
        events.control = zip(clients, control.connections).filter { poll.events($0.0) != 0 }.map(\.1.socket)
        if poll.events(listener) != 0 { events.control.append(control.listener) }
        dropDeadSinks(poll, from: clients.last ?? listener)
        return events
    }

    /// A sink without a reader reports an error even when nobody writes.
    private func dropDeadSinks(_ poll: Poll, from last: Int) {
        var place = last
        for index in streams.indices {
            if streams[index].source != nil { place += 1 }
            guard streams[index].sink != nil else { continue }
            place += 1
            if poll.events(place) & Int32(POLLERR) != 0 { streams[index].dropSink() }
        }
    }

    private func readStatus(_ sandbox: Sandbox) throws(ConfinementError) {
        let (message, descriptors) = try step(.gate) { () throws(Errno) in
            try Transfer.receive(sandbox.status, limit: StatusMessage.size)
        }
        // Nobody is left who could say something; init takes a while to end, and is waited for without looking here again.
        guard !message.isEmpty else { return statusIsOpen = false }
        switch StatusMessage.read(message) {
        case .terminal: try step(.terminal) { () throws(Errno) in try connect(descriptors) }
        case .settled: isSettled = try look { () throws(Errno) in try settle(sandbox) }
        case .ready: readyTask = isSettled
        case .reaperConfined:
            readyReaper = try look { () throws(Errno) in
                mountTable = try observation?.observeInit(sandbox.initPid)
                mounts = mountTable.flatMap { MountWatch(plan, table: $0) }
            }
        case let news: hear(news, sandbox)
        }
        if readyTask, readyReaper, !gateIsOpen, !ending.isOver, !ending.isAsked { try release(sandbox) }
    }

    // MARK: release

    /// Looks at a process of the sandbox; false: it is gone. What it said before that says why, and is read next.
    private func look(_ body: () throws(Errno) -> Void) throws(ConfinementError) -> Bool {
        do {
            try body()
            return true
        } catch {
            // EINVAL: what has ended has no table of mounts (fs/proc_namespace.c).
            let isGone = [ENOENT, ESRCH, ECHILD].contains(error.rawValue) || (error.rawValue == EINVAL && isEnding)
            guard isGone else { throw ConfinementError(.receipt, error) }
            return false
        }
    }

    /// Whether the task side or init ends: what is about to lose its namespaces first, and can be heard of a moment later.
    private var isEnding: Bool {
        do throws(Errno) {
            var poll = Poll()
            for process in [taskProcess, sandbox?.initProcess] { if let process { poll.add(process, POLLIN_) } }
            try poll.wait(timeout: 1_000_000_000)
            return poll.hasEvents
        } catch {
            return false
        }
    }

    private func settle(_ sandbox: Sandbox) throws(Errno) {
        let children = try TaskProcess(childOf: sandbox.initPid)
        let task = try children.find()
        (taskPid, self.children) = (task, children)
        taskProcess = try Processes.open(task).release()
        try observation?.observe(task: task, group: inherited.cgroup, terminal: terminal?.slave)
    }

    /// The task waits at the gate: what is there is compared with the plan, the monitor gives up what it no longer needs,
    /// and only then the gate opens.
    private func release(_ sandbox: Sandbox) throws(ConfinementError) {
        try step(.receipt) { () throws(Errno) in
            guard let taskPid, let receipt = try observation?.receipt(task: taskPid), let receiptFile else {
                throw Errno(rawValue: EBADE)
            }
            try receiptFile.write(receipt.sealed)
            if receipt.difference != nil { try receiptFile.publish() }
            guard receipt.difference == nil else { throw Errno(rawValue: EBADE) }
        }
        try MonitorConfinement.apply(plan, inherited)
        gateIsOpen = true
        try step(.gate) { () throws(Errno) in try Transfer.write(sandbox.gate, [1]) }
        // It is written; its name need not keep the task waiting.
        try step(.receipt) { () throws(Errno) in try receiptFile?.publish() }
        observation = nil
    }

    /// Something was mounted or taken away: a task that sees what is hidden from it is ended.
    private func checkMounts(_ sandbox: Sandbox) throws(Errno) {
        guard !ending.isOver, let place = try mounts?.lost() else { return }
        perform(ending.lose(place, now: Clock.monotonic()), sandbox)
    }

    private func started() {
        let now = Clock.monotonic()
        startedAt = now
        ending.begin(wall: plan.deadlines.wall, now: now)
        budget = CPUBudget(plan, inherited.cgroup, now: now)
        lasting.begin(now: now)
        tell(.started(pid: taskPid ?? 0))
    }

    // MARK: output

    private func moveOutput(_ control: inout ControlSocket) throws(Errno) {
        for index in streams.indices { try streams[index].move(into: spool, buffer) }
        control.news(total: spool.total)
    }
}

// The C header's constants in the type of this program.
let POLLIN_ = Int32(POLLIN)
let POLLOUT_ = Int32(POLLOUT)
