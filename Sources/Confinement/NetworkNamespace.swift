internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// The sandbox's network namespace, made by a child of init while init builds the view, and then entered. The child shares
/// init's memory and descriptors and runs nothing of it. Before the task is forked it is gone.
public struct NetworkNamespace: ~Copyable {
    private let maker: Int32

    /// Begins to make one; nil where the plan wants the host's.
    public init?(_ network: PlannedNetwork) throws(ConfinementError) {
        guard network != .host else { return nil }
        maker = try step(.network) { () throws(Errno) in try checkedOnce { csn_begin_network_namespace() } }
    }

    /// Waits for the end of the child, however it ends, and moves this process into what it made. Source: setns(2).
    ///
    /// Whoever on the host kills the child ends the launch: ECHILD.
    public consuming func enter() throws(ConfinementError) {
        let maker = self.maker
        try step(.network) { () throws(Errno) in
            _ = try Processes.reap(maker)
            let namespace = Descriptor(owning: try checkedOnce { csn_made_network_namespace() })
            let number = namespace.number
            _ = try checked { csn_setns(number, Int32(CSN_CLONE_NEWNET)) }
        }
    }
}
