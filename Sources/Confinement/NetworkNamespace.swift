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

    /// Waits until it is made, moves this process into it, and reaps the child. Source: setns(2).
    public consuming func enter() throws(ConfinementError) {
        let maker = self.maker
        try step(.network) { () throws(Errno) in
            let namespace = Descriptor(owning: try checkedOnce { csn_await_network_namespace() })
            let number = namespace.number
            _ = try checked { csn_setns(number, Int32(CSN_CLONE_NEWNET)) }
            _ = try Processes.reap(maker)
        }
    }
}
