internal import Glibc
internal import Kernel
internal import Records

/// The control group of a task whose monitor died before it could take it away.
enum AbandonedGroup {
    /// Nanoseconds.
    private static let patience: UInt64 = 1_000_000_000
    private static let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]

    /// Kills what is still in the group, which is at most what has not died yet of its monitor's death, and removes it.
    ///
    /// Only a group that bears the task's own name is touched. Source: cgroup-v2.rst of the kernel.
    ///
    /// - Returns: Whether there was one, which then was empty: the kernel removes no other.
    /// - Throws: `EBUSY` if something in it does not die within a second.
    static func remove(_ id: TaskID, _ plan: LaunchPlan) throws(Errno) -> Bool {
        guard let path = plan.cgroup?.path, Paths.name(path) == id.text, let parent = Paths.parent(path) else {
            return false
        }
        for mount in mounts {
            guard let directory = try open("\(mount)\(parent)"), let group = try open("\(mount)\(path)") else {
                continue
            }
            try ControlGroupEnd.kill(group.number)
            guard try ControlGroupEnd.awaitEmptiness(group.number, until: Clock.monotonic() + patience) else {
                throw Errno(rawValue: EBUSY)
            }
            try Files.remove(id.text, at: directory.number, isDirectory: true)
            return true
        }
        return false
    }

    private static func open(_ path: String) throws(Errno) -> Descriptor? {
        do {
            return try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return nil
        }
    }
}
