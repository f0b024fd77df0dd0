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
    /// Makes pipes, namespaces and init, maps its identity and hands it the workspace.
    static func start(_ plan: LaunchPlan, _ inherited: Inheritance) throws(ConfinementError) -> Sandbox {
        let pipes = try Pipes(plan)
        let side = try Namespaces.enter(network: plan.network, cgroup: inherited.cgroup)
        guard case .outside(let pid, let pidfd) = side else {
            SandboxInit(plan: plan, ends: pipes.inner(inherited)).run()
        }
        pipes.closeInner(inherited)
        let sandbox = Sandbox(
            initPid: pid, initProcess: pidfd, status: pipes.status.0, gate: pipes.gate.1, lifeline: pipes.lifeline.1,
            output: pipes.output.0, error: pipes.error?.0)
        do throws(ConfinementError) {
            try IdentityMap.write(plan.identity, pid: pid)
            try handOver(plan, inherited, pipes.handoff.0)
        } catch {
            sandbox.kill()
            // Init may have ended before: then what it reported says why.
            throw try sandbox.reported() ?? error
        }
        return sandbox
    }

    /// The step that failed in init, if it reported one before it was gone.
    private func reported() throws(ConfinementError) -> ConfinementError? {
        let message = try step(.gate) { () throws(Errno) in
            try Transfer.receiveBytes(status, limit: StatusMessage.size)
        }
        guard case .failed(let stage, let errno, let index) = StatusMessage.read(message) else { return nil }
        return ConfinementError(stage, Errno(rawValue: errno), index: index)
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

    /// Tells init that its maps are written, and gives it the mounts with mapped owners, which only the monitor can make.
    private static func handOver(
        _ plan: LaunchPlan, _ inherited: Inheritance, _ handoff: Int32
    ) throws(ConfinementError) {
        defer { close(handoff) }
        try step(.workspaceMount) { () throws(Errno) in
            guard plan.identity.mapsOwners else { return try Transfer.send(handoff, [1]) }
            var mapped: [Int32] = []
            defer { for number in mapped { close(number) } }
            for (tree, directory) in zip(plan.handedTrees, inherited.trees) {
                mapped.append(try mapOwners(tree, directory, plan.identity))
            }
            try Transfer.send(handoff, [1], descriptors: mapped)
        }
    }

    private static func mapOwners(
        _ tree: HandedTree, _ directory: Int32, _ identity: PlannedIdentity
    ) throws(Errno) -> Int32 {
        let mount = try Mount.tree("", at: directory, recursive: false)
        let map = try Namespaces.forMapping(
            user: tree.owner, to: identity.hostUser, group: tree.group, to: identity.hostGroup)
        try Mount.mapOwners(mount.number, through: map.number)
        return mount.release()
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

    init(_ plan: LaunchPlan) throws(ConfinementError) {
        let merges = plan.streams.mergesError
        let owner = plan.identity
        (handoff, status, gate, lifeline) = try step(.pipes) { () throws(Errno) in
            (try Pipes.sockets(), try Pipes.sockets(), try Pipes.pipe(), try Pipes.pipe())
        }
        (output, error) = try step(.pipes) { () throws(Errno) in
            (try Pipes.stream(owner), merges ? nil : try Pipes.stream(owner))
        }
    }

    /// What init and the task side use.
    func inner(_ inherited: Inheritance) -> SandboxEnds {
        close(handoff.0)
        close(status.0)
        close(gate.1)
        close(lifeline.1)
        return SandboxEnds(
            handoff: handoff.1, status: status.1, gate: gate.0, lifeline: lifeline.0, input: inherited.input,
            output: output.1, error: error?.1 ?? output.1, trees: inherited.trees)
    }

    /// What the monitor must not keep, or it would never see an end.
    func closeInner(_ inherited: Inheritance) {
        for number in [handoff.1, status.1, gate.0, lifeline.0, output.1, error?.1 ?? -1, inherited.input ?? -1] {
            if number >= 0 { close(number) }
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
