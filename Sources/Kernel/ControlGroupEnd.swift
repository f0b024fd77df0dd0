internal import Glibc

/// The end of everything in a control group, whatever it does. Source: cgroup-v2.rst of the kernel.
public enum ControlGroupEnd {
    /// Kills every process of the group and of those below it, in one step that no fork can slip through.
    ///
    /// Before Linux 5.14 the kernel has no such file, and nothing is done.
    public static func kill(_ group: Int32) throws(Errno) {
        do {
            let file = try Files.open("cgroup.kill", O_WRONLY, at: group)
            try Transfer.write(file.number, "1")
        } catch {
            guard error.rawValue == ENOENT else { throw error }
        }
    }

    /// Waits until the group is empty.
    ///
    /// - Parameter deadline: When to give up, on the monotonic clock.
    /// - Returns: Whether it says `populated 0`, or is gone.
    public static func awaitEmptiness(_ group: Int32, until deadline: UInt64) throws(Errno) -> Bool {
        do {
            let events = try Files.open("cgroup.events", O_RDONLY, at: group)
            while try isPopulated(events.number) {
                let now = Clock.monotonic()
                guard now < deadline else { return false }
                var poll = Poll()
                poll.add(events.number, Int32(POLLPRI))
                try poll.wait(timeout: deadline - now)
            }
        } catch {
            // Somebody has removed the group, which the kernel lets nobody do before it is empty.
            guard error.rawValue == ENOENT || error.rawValue == ENODEV else { throw error }
        }
        return true
    }

    private static func isPopulated(_ events: Int32) throws(Errno) -> Bool {
        let text = String(decoding: try Transfer.read(events, at: 0, count: 4096), as: UTF8.self)
        return text.split(separator: "\n").contains("populated 1")
    }

    /// The processes in a group, as this process's PID namespace numbers them.
    public static func processes(_ group: Int32) throws(Errno) -> [Int32] {
        let text = String(decoding: try Files.contents("cgroup.procs", at: group, limit: 16 << 20), as: UTF8.self)
        return text.split(separator: "\n").compactMap { Int32($0) }
    }
}
