internal import Glibc
internal import Kernel
internal import Records

/// The control group of a task whose monitor died before it could take it away.
enum AbandonedGroup {
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
            try kill(group.number)
            try awaitEmptiness(group.number)
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

    private static func kill(_ group: Int32) throws(Errno) {
        do {
            let file = try Files.open("cgroup.kill", O_WRONLY, at: group)
            try Transfer.write(file.number, "1")
        } catch {
            // Before 5.14 there is none: the kernel has killed the sandbox with its init all the same.
            guard error.rawValue == ENOENT else { throw error }
        }
    }

    private static func awaitEmptiness(_ group: Int32) throws(Errno) {
        let events = try Files.open("cgroup.events", O_RDONLY, at: group)
        let deadline = Clock.monotonic() + 1_000_000_000
        while try isPopulated(events.number) {
            let now = Clock.monotonic()
            guard now < deadline else { throw Errno(rawValue: EBUSY) }
            var poll = Poll()
            poll.add(events.number, Int32(POLLPRI))
            try poll.wait(timeout: deadline - now)
        }
    }

    private static func isPopulated(_ events: Int32) throws(Errno) -> Bool {
        let text = String(decoding: try Transfer.read(events, at: 0, count: 4096), as: UTF8.self)
        return text.split(separator: "\n").contains("populated 1")
    }
}
