import Confinement
import Glibc
import Kernel
import Records

/// The task's process before it becomes the task: drops everything, says so, waits, executes.
///
/// The order is the point of this file; the reason for each place stands next to it.
struct TaskSide {
    let plan: LaunchPlan
    let ends: SandboxEnds
    let input: Int32?
    let terminal: Int32?
    let executable: Int32

    /// Becomes the task, or reports the step that failed.
    func run() -> Never {
        do throws(ConfinementError) {
            try begin()
            try dropPrivileges()
            try seal()
            try waitAtGate()
            throw ConfinementError(.execute, execute(executable, plan.arguments, plan.environment))
        } catch {
            let failure = StatusMessage.failed(error.stage, errno: error.errno.rawValue, index: error.index)
            // Init reports the end in any case; this only adds the reason.
            do { try Transfer.write(ends.status, failure.bytes) } catch { _exit(126) }
        }
        _exit(127)
    }

    private func begin() throws(ConfinementError) {
        // A session of its own: signals to its group reach nobody else, and no terminal of the host controls it. Its own one does.
        _ = try step(.session) { () throws(Errno) in try checked { setsid() } }
        try step(.session) { () throws(Errno) in
            try Processes.block([])
            try Processes.resetReservedSignals()
        }
        try connectStreams()
        _ = try step(.workingDirectory) { () throws(Errno) in try checked { chdir(plan.workingDirectory) } }
        // Before the user changes: afterwards a limit could only be lowered, and the task could not be told from init.
        try ResourceLimits.set(plan.limits)
        try ProcessFlags.newSessionKeyring(isRequired: plan.hardening.sessionKeyring)
    }

    private func connectStreams() throws(ConfinementError) {
        if let terminal { return try connect(terminal) }
        try step(.standardStreams) { () throws(Errno) in
            // /dev/null of the view: the airlock's own was opened on the host.
            let none = try Files.open("/dev/null", O_RDONLY)
            _ = try checked { dup2(input ?? none.number, 0) }
            _ = try checked { dup2(ends.output, 1) }
            _ = try checked { dup2(ends.error, 2) }
        }
    }

    private func connect(_ terminal: Int32) throws(ConfinementError) {
        try step(.terminal) { () throws(Errno) in
            try Terminal.control(terminal)
            for stream: Int32 in 0...2 { _ = try checked { dup2(terminal, stream) } }
        }
    }

    private func dropPrivileges() throws(ConfinementError) {
        // First, because it needs a capability, and keeps the sets across the change of user. The bounding set is empty
        // since before the fork, when CAP_SETPCAP was there as well.
        try Capabilities.lockSecureBits()
        try Credentials.become(plan.identity, stage: .credentials)
        try Capabilities.empty()
        // After the last change of credentials, which would clear it.
        try ProcessFlags.dieWithParent()
        try Lifeline.check(ends.lifeline)
    }

    private func seal() throws(ConfinementError) {
        try ProcessFlags.harden(plan.hardening)
        // Landlock and seccomp without privilege are only allowed to those who can't gain any.
        try ProcessFlags.noNewPrivileges()
        // Before seccomp, which refuses nothing of it but need not allow it either.
        try Landlock.restrict(plan.landlock)
        // Only 0, 1 and 2 outlive execve, and before it only what the rest of this needs.
        try step(.standardStreams) { () throws(Errno) in
            try Descriptors.closeAll(but: [executable, ends.status, ends.gate])
            try Descriptors.closeOnExecute()
        }
        try ResourceLimits.setDescriptors(plan.limits)
        // The monitor can look at everything else while the kernel translates the filter.
        try step(.gate) { () throws(Errno) in try Transfer.write(ends.status, StatusMessage.settled.bytes) }
        // Last: from here on only what the task may call can be called.
        try InstalledFilter.install(plan.filters.task, stage: .seccomp)
    }

    private func waitAtGate() throws(ConfinementError) {
        try step(.gate) { () throws(Errno) in
            try Transfer.write(ends.status, StatusMessage.ready.bytes)
            var byte: UInt8 = 0
            let got = try withUnsafeMutableBytes(of: &byte) { (raw) throws(Errno) in
                try Transfer.read(ends.gate, into: raw)
            }
            guard got == 1 else { throw Errno(rawValue: EPIPE) }
        }
    }
}
