internal import Kernel
internal import Records

/// Users of tasks: who a task is on the host and inside.
public enum TaskIdentity {
    /// The one user inside, which is never 0: some programs refuse work as root, and nothing inside needs it.
    public static let inner: UInt32 = 1000
    /// Name of the user and of its group inside.
    public static let name = "task"
    /// Its home directory inside.
    public static let home = "/home/task"
    /// First uid and gid of the range for tasks of root's front ends; 65,536 of them, far above those of people and of the
    /// usual ranges of subordinate ids.
    static let rangeStart: UInt32 = 0x7000_0000

    /// As root every task has a uid of its own on the host, and the owner of its trees is mapped onto it; otherwise it is
    /// the caller's own uid, the only one that may be mapped without privilege.
    static func plan(for task: TaskID) -> PlannedIdentity {
        let isRoot = Host.user == 0
        let own = rangeStart + (UInt32(task.text.suffix(4), radix: 16) ?? 0)
        return PlannedIdentity(
            innerUser: inner, innerGroup: inner, hostUser: isRoot ? own : Host.user,
            hostGroup: isRoot ? own : Host.group, mapsOwners: isRoot, dropsGroups: isRoot)
    }
}
