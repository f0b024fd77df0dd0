import Confinement
import Glibc
import Kernel
import Records
import Spooling

/// How a monitor ends its task, writes down how it ended, and tells it.
extension Monitor {
    func perform(_ actions: [Ending.Action], _ sandbox: Sandbox) {
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
        // The keys of a terminal are for what is in its foreground, which a shell puts into groups of their own.
        if let terminal, [SIGINT, SIGQUIT, SIGTSTP].contains(signal) {
            return try Terminal.signalForeground(terminal.master, signal)
        }
        try Processes.signalGroup(taskPid, signal)
    }

    /// Init has ended, and with it every process of the namespace: takes the rest of the output and says how it ended.
    func conclude(_ sandbox: Sandbox) -> EndRecord {
        var note: String?
        do {
            try drainStatus(sandbox)
            if !ending.gaveUp, let ended = try Processes.reap(sandbox.initPid) {
                ending.initEnded(exited: Processes.exitCode(ended.status) != nil)
            }
            // Nobody writes any more: what is left is at most what a pipe or a terminal holds.
            terminal?.hangUp()
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
            hear(StatusMessage.read(message), sandbox)
        }
    }

    /// Init or the task side says how it ended.
    func hear(_ message: StatusMessage?, _ sandbox: Sandbox) {
        switch message {
        // Only these two write here, and they were whole a moment ago.
        case nil: perform(ending.fail(.gate, EBADMSG, -1), sandbox)
        case .failed(let stage, let errno, let index): perform(ending.fail(stage, errno, index), sandbox)
        case .ended(let status, let killed):
            ending.mainEnded(status: status, killed: killed, isReleased: gateIsOpen, now: Clock.monotonic())
            // Once nobody but init is left, with which the kernel takes its time.
            if killed >= 0 { takeBack() }
        default: return
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
    func takeBack() {
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

    func failed(_ error: ConfinementError) -> EndRecord {
        sandbox?.kill()
        _ = ending.fail(error.stage, error.errno.rawValue, error.index, hasRun: gateIsOpen)
        // From the next step on there was an init, and it has been reaped.
        let hadInit = sandbox != nil || ![.pipes, .namespaces].contains(error.stage)
        takeBack()
        var record = ending.record(started: startedAt, now: Clock.monotonic(), at: Clock.now())
        if !hadInit { record.proof?.kind = .neverStarted }
        record.detail = record.detail ?? leftBehind
        return record
    }

    /// Writes the record, tells everybody who waits, makes it durable, and ends.
    func finish(_ record: EndRecord, _ control: inout ControlSocket) -> Never {
        let written = write(record)
        control.close(with: record)
        conclude(written, record)
    }

    func finish(_ record: EndRecord) -> Never {
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
        isDone { () throws(Errno) in try Files.remove(ControlSocket.name, at: AirlockDescriptor.directory) }
    }

    /// Waits until output and end are on disk, with their names. The end was told already: after a power failure in between, the task is
    /// `lost`.
    private func makeDurable() {
        let isRecorded = isDone { () throws(Errno) in try spool.makeDurable() }
        let isEnded = isDone { () throws(Errno) in try endFile?.makeDurable() }
        if !isRecorded || !isEnded { _exit(1) }
    }

    private func isDone(_ body: () throws(Errno) -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            return false
        }
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

    func tell(_ reply: ControlReply) {
        guard let report else { return }
        do { try Transfer.send(report, reply.bytes) } catch { dropReport() }
    }
}
