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
    var inputSource: Int32?
    private var sandbox: Sandbox?
    private var mounts: MountWatch?
    /// Kept open until the end. What an open mountinfo refers to is taken apart with the monitor, and not before somebody hears
    /// of the task's end.
    private var mountTable: Int32?
    private var endFile: PreparedFile?
    private var receiptFile: PreparedFile?
    private var budget: CPUBudget?
    private var children: TaskProcess?
    private var observation: Observation?
    private var hasTakenBack = false
    private var leftBehind: String?
    private var isSettled = false
    private var readyTask = false
    private var readyReaper = false
    private let spool: SpoolWriter
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)

    init(plan: LaunchPlan, descriptors: Inheritance) {
        self.plan = plan
        inherited = descriptors
        inputSource = descriptors.inputSource
        ending = Ending(grace: plan.deadlines.grace, subject: plan.subject)
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
    private static let endRoom = 512

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
        streams = [OutputStream(.stdout, source: sandbox.output, sink: inherited.outputSink)]
        if let error = sandbox.error {
            streams.append(OutputStream(.stderr, source: error, sink: inherited.errorSink))
        } else if let sink = inherited.errorSink {
            close(sink)
        }
        for sink in [inherited.outputSink, inherited.errorSink] {
            if let sink { _ = try checked { fcntl(sink, F_SETFL, O_NONBLOCK) } }
        }
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
            try step(.controlSocket) { () throws(Errno) in try serve(poll.control, &control, sandbox) }
            try step(.cgroup) { () throws(Errno) in try checkTime(sandbox) }
        }
    }

    private func checkTime(_ sandbox: Sandbox) throws(Errno) {
        let now = Clock.monotonic()
        perform(ending.expire(now: now, wallText: DurationText.exact(plan.deadlines.wall)), sandbox)
        if try budget?.isUsedUp(now: now) ?? false {
            perform(ending.exceedCPUTime(text: DurationText.exact(plan.deadlines.cpuTime), now: now), sandbox)
        }
    }

    private struct Events {
        var initEnded = false
        var status = false
        var executed = false
        var report = false
        var mounts = false
        /// Places of control connections that have something; -1 is the listener.
        var control: [Int] = []
    }

    private func waitForEvents(_ sandbox: Sandbox, _ control: ControlSocket) throws(Errno) -> Events {
        var poll = Poll()
        let process = poll.add(sandbox.initProcess, POLLIN_)
        let status = poll.add(sandbox.status, POLLIN_)
        let gate = gateIsOpen && startedAt == nil ? poll.add(sandbox.gate, 0) : nil
        let front = report.map { poll.add($0, POLLIN_) }
        let table = mounts.map { poll.add($0.table, Int32(POLLPRI)) }
        let listener = poll.add(control.listener, POLLIN_)
        let clients = control.connections.map { poll.add($0.socket, POLLIN_) }
        for stream in streams {
            if let source = stream.source { poll.add(stream.isHeldBack ? -1 : source, POLLIN_) }
            if let sink = stream.sink { poll.add(sink, stream.isHeldBack ? POLLOUT_ : 0) }
        }
        let (now, next) = (Clock.monotonic(), min(ending.deadline ?? .max, budget?.deadline ?? .max))
        try poll.wait(timeout: next == .max ? nil : next > now ? next - now : 0)
        var events = Events()
        events.initEnded = poll.events(process) != 0
        events.status = poll.events(status) & POLLIN_ != 0
        events.executed = gate.map { poll.events($0) != 0 } ?? false
        events.report = front.map { poll.events($0) != 0 } ?? false
        events.mounts = table.map { poll.events($0) != 0 } ?? false
        events.control = clients.indices.filter { poll.events(clients[$0]) != 0 }
        if poll.events(listener) != 0 { events.control.append(-1) }
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
            if poll.events(place) & POLLERR_ != 0 { streams[index].dropSink() }
        }
    }

    private func readStatus(_ sandbox: Sandbox) throws(ConfinementError) {
        let message = try step(.gate) { () throws(Errno) in
            try Transfer.receiveBytes(sandbox.status, limit: StatusMessage.size)
        }
        guard !message.isEmpty else { return }
        switch StatusMessage.read(message) {
        // Only init and the task side write here, and they were whole a moment ago.
        case nil: perform(ending.fail(.gate, EBADMSG, -1), sandbox)
        case .failed(let stage, let errno, let index): perform(ending.fail(stage, errno, index), sandbox)
        case .settled: isSettled = try look { () throws(Errno) in try settle(sandbox) }
        case .ready: readyTask = isSettled
        case .reaperConfined:
            readyReaper = try look { () throws(Errno) in
                mountTable = try observation?.observeInit(sandbox.initPid)
                mounts = mountTable.flatMap { MountWatch(plan, table: $0) }
            }
        case .ended(let status, let killed):
            ending.mainEnded(status: status, killed: killed, isReleased: gateIsOpen, now: Clock.monotonic())
            // Once nobody but init is left, with which the kernel takes its time.
            if killed >= 0 { takeBack() }
        }
        if readyTask, readyReaper, !gateIsOpen, !ending.isOver { try release(sandbox) }
    }

    // MARK: release

    /// Looks at a process of the sandbox; false: it is gone. What it said before that says why, and is read next.
    private func look(_ body: () throws(Errno) -> Void) throws(ConfinementError) -> Bool {
        do {
            try body()
            return true
        } catch {
            // EINVAL: what has ended has no table of mounts (fs/proc_namespace.c).
            guard [ENOENT, ESRCH, ECHILD, EINVAL].contains(error.rawValue) else {
                throw ConfinementError(.receipt, error)
            }
            return false
        }
    }

    private func settle(_ sandbox: Sandbox) throws(Errno) {
        let children = try TaskProcess(childOf: sandbox.initPid)
        let task = try children.find()
        (taskPid, self.children) = (task, children)
        taskProcess = try Processes.open(task).release()
        try observation?.observe(task: task, group: inherited.cgroup)
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
        tell(.started(pid: taskPid ?? 0))
    }

    // MARK: output

    private func moveOutput(_ control: inout ControlSocket) throws(Errno) {
        for index in streams.indices { try streams[index].move(into: spool, buffer) }
        control.news(total: spool.total)
    }

    // MARK: requests

    private func readReport(_ sandbox: Sandbox) {
        guard let report else { return }
        do {
            let message = try Transfer.receiveBytes(report, limit: ControlRequest.limit)
            if message.isEmpty { return dropReport() }
            _ = carryOut(try ControlRequest(bytes: message), sandbox)
        } catch {
            dropReport()
        }
    }

    /// The front end is gone, and with it the pipes to it; the task goes on.
    private func dropReport() {
        if let report { close(report) }
        report = nil
        for index in streams.indices { streams[index].dropSink() }
    }

    private func serve(_ places: [Int], _ control: inout ControlSocket, _ sandbox: Sandbox) throws(Errno) {
        for place in places.sorted().reversed() {
            if place < 0 { try control.accept() } else { answer(place, &control, sandbox) }
        }
    }

    private func answer(_ place: Int, _ control: inout ControlSocket, _ sandbox: Sandbox) {
        do {
            let message = try Transfer.receiveBytes(control.connections[place].socket, limit: ControlRequest.limit)
            if message.isEmpty { return control.drop(place) }
            let request = try ControlRequest(bytes: message)
            if case .follow(let bytes) = request {
                control.follow(place, bytes)
                return control.news(total: spool.total)
            }
            control.send(place, carryOut(request, sandbox))
        } catch {
            control.drop(place)
        }
    }

    private func carryOut(_ request: ControlRequest, _ sandbox: Sandbox) -> ControlReply {
        switch request {
        case .signal(let signal):
            perform([.signalTask(signal)], sandbox)
            return .done
        case .terminate(let signal, let grace, let cause, let by):
            let now = Clock.monotonic()
            perform(ending.ask(signal: signal, grace: grace, cause: cause, by: by, now: now), sandbox)
            return .done
        case .input(let bytes): return input(bytes)
        case .endOfInput:
            if let inputSource { close(inputSource) }
            inputSource = nil
            return .done
        case .follow, .state: return .progress(bytes: spool.total)
        }
    }

    private func input(_ bytes: [UInt8]) -> ControlReply {
        guard let inputSource else { return .refused("standard input is closed") }
        do {
            // A message fits into an empty pipe; a task that does not read makes the caller try again, not us wait.
            _ = try checked { fcntl(inputSource, F_SETFL, O_NONBLOCK) }
            let count = try checked { bytes.withUnsafeBytes { Glibc.write(inputSource, $0.baseAddress, $0.count) } }
            return .progress(bytes: UInt64(count))
        } catch {
            return .refused(error.rawValue == EAGAIN ? "the task does not read its input" : error.description)
        }
    }

    // MARK: end

    private func perform(_ actions: [Ending.Action], _ sandbox: Sandbox) {
        for action in actions {
            do {
                switch action {
                case .signalTask(let signal): try signalTask(signal)
                case .killAll: try Processes.signal(sandbox.initProcess, SIGTERM)
                case .killInit: try killInit(sandbox)
                }
            } catch {
                // ESRCH: it ended in the meantime, which is what was wanted.
                continue
            }
        }
    }

    /// The kernel ends every process of a namespace whose init is killed; a control group ends in one step, too.
    private func killInit(_ sandbox: Sandbox) throws(Errno) {
        if let group = inherited.cgroup {
            ending.counted = Int32(clamping: max(0, try ControlGroupEnd.processes(group).count - 1))
            try ControlGroupEnd.kill(group)
        }
        try Processes.signal(sandbox.initProcess, SIGKILL)
    }

    /// The group is the task's as long as its main process has not been reaped: the pidfd tells.
    private func signalTask(_ signal: Int32) throws(Errno) {
        guard let taskPid, let taskProcess, !ending.isOver else { return }
        try Processes.signal(taskProcess, 0)
        try Processes.signalGroup(taskPid, signal)
    }

    /// Init has ended, and with it every process of the namespace: takes the rest of the output and says how it ended.
    private func conclude(_ sandbox: Sandbox) -> EndRecord {
        var note: String?
        do {
            try drainStatus(sandbox)
            if !ending.gaveUp { _ = try Processes.reap(sandbox.initPid) }
            // Nobody writes any more: what is left is at most what a pipe holds.
            for index in streams.indices { try streams[index].drain(into: spool, buffer) }
            try spool.seal()
        } catch {
            note = "the record may be incomplete: \(error)"
        }
        takeBack()
        note = note ?? leftBehind
        var record = ending.record(started: startedAt, now: Clock.monotonic(), at: Clock.now())
        do { record.cpuTime = try Processes.childrenCPUTime() } catch { record.cpuTime = nil }
        do { try conclude(&record, sandbox) } catch { note = note ?? "the cgroup could not be read: \(error)" }
        let limit = plan.deadlines.cpuTime
        ending.attribute(&record, used: record.cpuTime, limit: limit, text: DurationText.exact(limit))
        record.detail = record.detail ?? note
        return record
    }

    /// What init said last may still be in the socket.
    private func drainStatus(_ sandbox: Sandbox) throws(Errno) {
        while true {
            let message = try Transfer.receiveBytes(sandbox.status, limit: StatusMessage.size)
            if message.isEmpty { return }
            switch StatusMessage.read(message) {
            case .ended(let status, let killed):
                ending.mainEnded(status: status, killed: killed, isReleased: gateIsOpen, now: Clock.monotonic())
            case .failed(let stage, let errno, let index): _ = ending.fail(stage, errno, index)
            default: continue
            }
        }
    }

    /// The end of the control group; the names of what does not die, where something does not.
    private func conclude(_ record: inout EndRecord, _ sandbox: Sandbox) throws(Errno) {
        guard ending.gaveUp else {
            try TaskGroup(plan, inherited)?.conclude(&record)
            return
        }
        record.giveUp([sandbox.initPid] + (try children?.all() ?? []))
    }

    /// The names that were missing on the host are missing again, once.
    private func takeBack() {
        guard !hasTakenBack else { return }
        hasTakenBack = true
        do throws(Errno) {
            for (name, place) in zip(plan.placeholders, inherited.placeholders) {
                try PlaceholderFile.remove(place.file, name, at: place.parent)
            }
        } catch {
            leftBehind = "a placeholder stays: \(error)"
        }
    }

    private func failed(_ error: ConfinementError) -> EndRecord {
        sandbox?.kill()
        _ = ending.fail(error.stage, error.errno.rawValue, error.index)
        // From the next step on there was an init, and it has been reaped.
        let hadInit = sandbox != nil || ![.pipes, .namespaces].contains(error.stage)
        takeBack()
        return failedRecord(leftBehind, hadInit)
    }

    private func failedRecord(_ note: String?, _ hadInit: Bool) -> EndRecord {
        var record = ending.record(started: nil, now: Clock.monotonic(), at: Clock.now())
        if !hadInit { record.proof?.kind = .neverStarted }
        record.detail = record.detail ?? note
        return record
    }

    /// Writes the record, tells everybody who waits, makes it durable, and ends.
    private func finish(_ record: EndRecord, _ control: inout ControlSocket) -> Never {
        let written = write(record)
        control.close(with: record)
        conclude(written, record)
    }

    private func finish(_ record: EndRecord) -> Never {
        conclude(write(record), record)
    }

    private func write(_ record: EndRecord) -> Bool {
        do {
            guard let endFile else {
                try Files.replace("end", with: record.sealed, at: AirlockDescriptor.directory)
                return true
            }
            try endFile.write(record.sealed(filling: Self.endRoom))
            try endFile.publish()
            return true
        } catch {
            return false
        }
    }

    private func conclude(_ written: Bool, _ record: EndRecord) -> Never {
        // Whoever hears of the end finds the directory as it stays.
        let isClean = removeControl()
        // Before the rest of the output: a front end whose own reader has stopped has to know that nothing else will come.
        tell(.ended(record))
        // One that takes what it gets need not wait for the disk; one that does not may keep us for hours.
        let isHeldBack = streams.contains { $0.isHeldBack }
        if isHeldBack { makeDurable() }
        flushSinks()
        if !isHeldBack { makeDurable() }
        _exit(written && isClean ? 0 : 1)
    }

    private func removeControl() -> Bool {
        do {
            try Files.remove(ControlSocket.name, at: AirlockDescriptor.directory)
            return true
        } catch {
            return false
        }
    }

    /// Waits until the record is on disk, with its name. It was told already: after a power failure in between, the task is
    /// `lost`.
    private func makeDurable() {
        do { try endFile?.makeDurable() } catch { _exit(1) }
    }

    /// The foreground front end gets every byte, at its own pace; the record is on disk already.
    private func flushSinks() {
        do {
            while let index = streams.firstIndex(where: { $0.sink != nil && $0.isHeldBack }) {
                var poll = Poll()
                if let sink = streams[index].sink { poll.add(sink, POLLOUT_) }
                try poll.wait()
                try streams[index].move(into: spool, buffer)
            }
        } catch {
            dropReport()
        }
        for index in streams.indices { streams[index].finish() }
    }

    private func tell(_ reply: ControlReply) {
        guard let report else { return }
        do { try Transfer.send(report, reply.bytes) } catch { dropReport() }
    }

}

// The C header's constants in the type of this program.
let POLLIN_ = Int32(POLLIN)
let POLLOUT_ = Int32(POLLOUT)
let POLLERR_ = Int32(POLLERR)
