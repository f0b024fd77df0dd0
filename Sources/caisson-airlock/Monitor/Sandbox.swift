import Confinement
import Glibc
import Kernel
import Records

/// The monitor's ends of a sandbox that has begun.
struct Sandbox {
    /// Init's pid, as this process sees it.
    let initPid: Int32
    /// Init's pidfd: readable once it has ended.
    let initProcess: Int32
    /// Init's mount namespace, as its link in /proc: later, without privilege, it could not be read any more.
    private(set) var mountNamespace = ""
    /// By which init gets the plan and mounts.
    let handoff: Int32
    /// Where init and the task side report.
    let status: Int32
    /// Opens the gate; reports an error condition once the task's end is closed by execve.
    let gate: Int32
    /// Kept open as long as the monitor lives.
    let lifeline: Int32
    /// The task's standard output.
    let output: Int32
    /// The task's standard error, nil where it shares one pipe with the output.
    let error: Int32?
}

extension Sandbox {
    /// Makes pipes, namespaces and init, and maps its identity. A failure is reported once there is a plan to report it for.
    static func begin(_ outline: SandboxOutline, _ group: Int32?) -> Result<Sandbox, ConfinementError> {
        do throws(ConfinementError) {
            let pipes = try Pipes(outline)
            let side = try Namespaces.enter(cgroup: group)
            guard case .outside(let pid, let pidfd) = side else { SandboxInit.begin(pipes.inner()) }
            pipes.closeInner()
            if let group { close(group) }
            var mounts = ""
            return Result.success(pipes.outer(initPid: pid, initProcess: pidfd)).then { (_) throws(ConfinementError) in
                mounts = try step(.namespaces) { () throws(Errno) in try Files.target("/proc/\(pid)/ns/mnt") }
                try IdentityMap.write(outline.identity, pid: pid)
            }.map { $0.inMounts(mounts) }
        } catch {
            return .failure(error)
        }
    }

    private func inMounts(_ namespace: String) -> Sandbox {
        var sandbox = self
        sandbox.mountNamespace = namespace
        return sandbox
    }

    /// The front end has no task: ends what was made, and this process.
    static func abandon(_ begun: Result<Sandbox, ConfinementError>) -> Never {
        if case .success(let sandbox) = begun { sandbox.kill() }
        _exit(0)
    }

    /// The step that failed in init, if it reported one before it was gone: what follows from that is no reason.
    fileprivate var reported: ConfinementError? {
        do throws(Errno) {
            let message = try Transfer.receiveBytes(status, limit: StatusMessage.size)
            // At the maps, init fails because this monitor did.
            guard case .failed(let stage, let errno, let index) = StatusMessage.read(message), stage != .identityMaps
            else { return nil }
            return ConfinementError(stage, Errno(rawValue: errno), index: index)
        } catch {
            return nil
        }
    }

    /// Kills init, and with it every process of the namespace, and reaps it.
    func kill() {
        do {
            try Processes.signal(initProcess, SIGKILL)
            _ = try Processes.reap(initPid)
        } catch {
            // ESRCH or ECHILD: it was gone already.
            return
        }
    }

    /// Passes on what init needs.
    func forward(_ inherited: Inheritance) throws(ConfinementError) {
        try step(.plan) { () throws(Errno) in
            try Transfer.send(handoff, [inherited.input == nil ? 0 : 1], descriptors: inherited.forInit)
            if let input = inherited.input { close(input) }
        }
    }

    /// Gives init the mounts with mapped owners, which only the monitor can make: those of the directories that were checked.
    func handOver(_ plan: LaunchPlan, _ inherited: Inheritance) throws(ConfinementError) {
        defer { close(handoff) }
        try step(.workspaceMount) { () throws(Errno) in
            guard plan.identity.mapsOwners else { return try Transfer.send(handoff, [1]) }
            var (mapped, holder): ([Int32], Int32?) = ([], nil)
            defer { for number in mapped { close(number) } }
            for (tree, directory) in zip(plan.handedTrees, inherited.trees) {
                if let holder { _ = try Processes.reap(holder) }
                let mount = try Mount.tree("", at: directory, recursive: false)
                let map = try Namespaces.forMapping(
                    user: tree.owner, to: plan.identity.hostUser, group: tree.group, to: plan.identity.hostGroup)
                holder = map.holder
                try Mount.mapOwners(mount.number, through: map.descriptor.number)
                mapped.append(mount.release())
            }
            try Transfer.send(handoff, [1], descriptors: mapped)
            // Its end takes the kernel longer than all of this: init has its mounts by then.
            if let holder { _ = try Processes.reap(holder) }
        }
    }
}

extension Result where Success == Sandbox, Failure == ConfinementError {
    /// Goes on with a sandbox that has begun. Where that fails, nothing of it is left.
    func then(_ body: (Sandbox) throws(ConfinementError) -> Void) -> Result<Sandbox, ConfinementError> {
        guard case .success(let sandbox) = self else { return self }
        do throws(ConfinementError) {
            try body(sandbox)
            return self
        } catch {
            sandbox.kill()
            return .failure(sandbox.reported ?? error)
        }
    }
}

/// Every pipe and socket between monitor and sandbox: first the monitor's reading end, then the other.
private struct Pipes {
    let handoff: (Int32, Int32)
    let status: (Int32, Int32)
    let gate: (Int32, Int32)
    let lifeline: (Int32, Int32)
    let output: (Int32, Int32)
    let error: (Int32, Int32)?

    init(_ outline: SandboxOutline) throws(ConfinementError) {
        (handoff, status, gate, lifeline) = try step(.pipes) { () throws(Errno) in
            (try Pipes.sockets(), try Pipes.sockets(), try Pipes.pipe(), try Pipes.pipe())
        }
        (output, error) = try step(.pipes) { () throws(Errno) in
            (try Pipes.stream(outline.identity), outline.mergesError ? nil : try Pipes.stream(outline.identity))
        }
    }

    /// What init and the task side use.
    func inner() -> SandboxEnds {
        close(handoff.0)
        close(status.0)
        close(gate.1)
        close(lifeline.1)
        return SandboxEnds(
            handoff: handoff.1, status: status.1, gate: gate.0, lifeline: lifeline.0, output: output.1,
            error: error?.1 ?? output.1)
    }

    /// What the monitor uses.
    func outer(initPid: Int32, initProcess: Int32) -> Sandbox {
        Sandbox(
            initPid: initPid, initProcess: initProcess, handoff: handoff.0, status: status.0, gate: gate.1,
            lifeline: lifeline.1, output: output.0, error: error?.0)
    }

    /// What the monitor must not keep, or it would never see an end.
    func closeInner() {
        for number in [handoff.1, status.1, gate.0, lifeline.0, output.1, error?.1 ?? -1] where number >= 0 {
            close(number)
        }
    }

    private static func sockets() throws(Errno) -> (Int32, Int32) {
        numbers(try DescriptorPair.sockets())
    }

    private static func pipe() throws(Errno) -> (Int32, Int32) {
        numbers(try DescriptorPair.pipe())
    }

    /// A pipe for the task's output. It belongs to the task's user, so that /dev/stdout can be opened inside.
    private static func stream(_ owner: PlannedIdentity) throws(Errno) -> (Int32, Int32) {
        let ends = numbers(try DescriptorPair.pipe())
        _ = try checked { fchown(ends.1, owner.hostUser, owner.hostGroup) }
        _ = try checked { fcntl(ends.0, F_SETFL, O_NONBLOCK) }
        return ends
    }

    private static func numbers(_ pair: consuming DescriptorPair) -> (Int32, Int32) {
        var numbers: (Int32, Int32) = (-1, -1)
        pair.apart { first, second in numbers = (first.release(), second.release()) }
        return numbers
    }
}
