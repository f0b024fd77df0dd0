/// The layers of confinement that a policy may let be missing, by the names of `require.degrade`.
///
/// What is not here can't be degraded: namespaces, the filter of system calls, capabilities, no_new_privs, the view and
/// the mask over what is not allowed are there or the task does not start.
public enum Layer: String, Sendable, CaseIterable {
    /// Limits and counting by the controllers of cgroup v2.
    case cgroup
    /// Dropping supplementary groups, which an ordinary user can't without newgidmap (user_namespaces(7)).
    case groups
    /// The Landlock domain as the second line behind the view (Linux 5.13).
    case landlock
    /// `network.ports` (Landlock's rules for TCP, Linux 6.7).
    case ports
    /// Signals and abstract sockets kept inside the sandbox by Landlock (Linux 6.12).
    case scope
}
