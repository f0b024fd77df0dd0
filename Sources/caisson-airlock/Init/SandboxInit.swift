import Confinement
import Glibc
import Kernel
import Records

/// PID 1 of the sandbox: builds the view, starts the task, confines itself, reaps, and reports the end.
struct SandboxInit {
    let plan: LaunchPlan
    let ends: SandboxEnds
    let trees: [Int32]
    let input: Int32?

    /// Begins before there is a plan, waits for it, and becomes init.
    static func begin(_ ends: SandboxEnds) -> Never {
        do throws(ConfinementError) {
            // Signals with which the monitor asks for the end wait until they are fetched: none can be missed.
            try step(.taskFork) { () throws(Errno) in try Processes.block([SIGCHLD, SIGTERM]) }
            // Once for init and task. It takes nothing that is held from its holder.
            try Capabilities.emptyBoundingSet()
            let forwarded = try step(.plan) { () throws(Errno) in try ForwardedPlan(from: ends.handoff) }
            SandboxInit(plan: forwarded.plan, ends: ends, trees: forwarded.trees, input: forwarded.input).run()
        } catch {
            tell(.failed(error.stage, errno: error.errno.rawValue, index: error.index), ends)
        }
        _exit(1)
    }

    /// Does everything that PID 1 does and ends with it; the kernel ends every process of the namespace before its init.
    private func run() -> Never {
        do throws(ConfinementError) {
            let network = try NetworkNamespace(plan.network)
            try prepare()
            try network?.enter()
            try SandboxNetwork.setUp(plan.network)
            let executable = try openExecutable()
            let terminal = try openTerminal()
            let main = try fork(executable, terminal)
            try confine()
            tell(.reaperConfined)
            Memory.giveBack()
            reapUntilEnd(of: main)
        } catch {
            tell(.failed(error.stage, errno: error.errno.rawValue, index: error.index))
        }
        _exit(1)
    }

    private func prepare() throws(ConfinementError) {
        var view = try View(plan, checked: trees)
        try view.take(try awaitHandoff())
        try Credentials.become(plan.identity, stage: .identity)
        try view.build(scratchBytes: plan.scratchBytes, identity: plan.identity)
        try SandboxNetwork.setHostName(plan.hostName)
    }

    private func awaitHandoff() throws(ConfinementError) -> [Int32] {
        try step(.identityMaps) { () throws(Errno) in
            let message = try Transfer.receive(ends.handoff, limit: 1)
            guard !message.bytes.isEmpty else { throw Errno(rawValue: EPIPE) }
            return message.descriptors
        }
    }

    /// The file that was checked on the host, found again in the view: what is executed is this descriptor.
    private func openExecutable() throws(ConfinementError) -> Descriptor {
        try step(.executable) { () throws(Errno) in
            let file = try Files.reference(plan.executable.path)
            let status = try FileStatus.of(file.number)
            guard status.inode == plan.executable.inode, status.size == plan.executable.size,
                status.modified == plan.executable.modified
            else { throw Errno(rawValue: ESTALE) }
            if !plan.executable.digest.isEmpty { try compareDigest() }
            return file
        }
    }

    private func compareDigest() throws(Errno) {
        let contents = try Files.contents(plan.executable.path)
        guard SHA256.digest(contents) == plan.executable.digest else { throw Errno(rawValue: ESTALE) }
    }

    /// The task's terminal, one of the sandbox's own: the monitor gets its other side, and what it needs to recognize it.
    private func openTerminal() throws(ConfinementError) -> Int32? {
        guard plan.streams.terminal != nil else { return nil }
        return try step(.terminal) { () throws(Errno) in
            let pair = try Terminal.open("/dev/pts/ptmx")
            let (master, slave) = (pair.first.number, pair.second.number)
            try Transfer.send(ends.status, StatusMessage.terminal.bytes, descriptors: [master, slave])
            var kept: Int32 = -1
            pair.apart { _, slave in kept = slave.release() }
            return kept
        }
    }

    private func fork(_ executable: borrowing Descriptor, _ terminal: Int32?) throws(ConfinementError) -> Int32 {
        let number = executable.number
        let pid = try step(.taskFork) { () throws(Errno) in try Fork.call() }
        if pid == 0 { TaskSide(plan: plan, ends: ends, input: input, terminal: terminal, executable: number).run() }
        return pid
    }

    /// Init handles what hostile code does to its children, and needs nothing for it.
    private func confine() throws(ConfinementError) {
        // Beside the task side, which is not released before the monitor has seen that there is one root.
        try Mount.leaveOldRoot()
        try closeAllBut([ends.status, ends.lifeline])
        try ProcessFlags.dumpable(false, stage: .initConfinement)
        try Capabilities.lockSecureBits()
        try Capabilities.empty()
        try ProcessFlags.dieWithParent()
        try Lifeline.check(ends.lifeline)
        try ProcessFlags.noNewPrivileges()
        try InstalledFilter.install(plan.filters.reaper, stage: .initConfinement)
    }

    private func closeAllBut(_ kept: [Int32]) throws(ConfinementError) {
        try step(.initConfinement) { () throws(Errno) in try Descriptors.closeAll(but: kept) }
    }

    private func reapUntilEnd(of main: Int32) {
        var status: Int32?
        var (killed, isKilling): (Int32, Bool) = (0, false)
        while status == nil {
            do {
                if try Processes.await([SIGCHLD, SIGTERM]) == SIGTERM { isKilling = true }
                if isKilling { kill(-1, SIGKILL) }
                var count: Int32 = 0
                status = try reapAll(until: main, &count)
                if isKilling { killed += count }
            } catch {
                tell(.failed(.initConfinement, errno: error.rawValue, index: -1))
                _exit(1)
            }
        }
        let rest = killTheRest { tell(.ended(status: status ?? 0, killed: -1)) }
        tell(.ended(status: status ?? 0, killed: killed + rest))
        _exit(0)
    }

    /// Reaps what can be reaped now; the wait status of the main process, once it is among them.
    ///
    /// - Parameter killed: Raised by the number of others that SIGKILL ended.
    private func reapAll(until main: Int32, _ killed: inout Int32) throws(Errno) -> Int32? {
        while let child = try Processes.reap(blocking: false) {
            if child.pid == main { return child.status }
            if Processes.endingSignal(child.status) == SIGKILL { killed += 1 }
        }
        return nil
    }

    /// The task is over: whatever is left was left behind. kill(-1) reaches every process of the namespace but this one,
    /// in one step that no fork can slip through.
    ///
    /// - Parameter tellFirst: Called once if something takes a while to die, so that the monitor does not wait for ever.
    private func killTheRest(_ tellFirst: () -> Void) -> Int32 {
        kill(-1, SIGKILL)
        var (count, isTold): (Int32, Bool) = (0, false)
        while true {
            do {
                if try Processes.reap(blocking: isTold) != nil {
                    count += 1
                } else {
                    tellFirst()
                    isTold = true
                }
            } catch {
                // ECHILD: nobody is left.
                return count
            }
        }
    }

    /// A monitor that is gone can't be told anything; the sandbox dies with it.
    private func tell(_ message: StatusMessage) { Self.tell(message, ends) }

    private static func tell(_ message: StatusMessage, _ ends: SandboxEnds) {
        do {
            try Transfer.write(ends.status, message.bytes)
        } catch {
            _exit(1)
        }
    }
}
