/// The layers of confinement that a policy may let be missing, by the names of `require.degrade`.
///
/// What is not here can't be degraded: namespaces, the filter of system calls, capabilities, no_new_privs and the view
/// are there or the task does not start.
public enum Layer: String, Sendable, CaseIterable {
    /// Limits and counting by the controllers of cgroup v2.
    case cgroup
    /// Dropping supplementary groups, which an ordinary user can't without newgidmap (user_namespaces(7)).
    case groups
    /// A session keyring of the task's own (keyctl(2) is refused instead).
    case keyring
    /// The Landlock domain as the second line behind the view (Linux 5.13).
    case landlock
    /// The mask over executables that are not allowed (overlayfs in a user namespace, Linux 5.11).
    case mask
    /// `network.ports` (Landlock's rules for TCP, Linux 6.7).
    case ports
    /// Signals and abstract sockets kept inside the sandbox by Landlock (Linux 6.12).
    case scope
    /// `hardening.speculation`, where the processor or the kernel has no such control.
    case speculation
}
