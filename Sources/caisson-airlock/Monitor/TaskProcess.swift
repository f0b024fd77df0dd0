import Glibc
import Kernel

/// The children of the sandbox's init, seen from outside.
struct TaskProcess {
    private let children: Int32

    /// Opens the list of children of a process with one thread; it can be read as long as the process is there.
    /// Source: proc(5), /proc/PID/task/TID/children.
    init(childOf parent: Int32) throws(Errno) {
        children = try Files.open("/proc/\(parent)/task/\(parent)/children", O_RDONLY).release()
    }

    /// The one child that init has while the task waits at the gate: the task's main process, by its pid on the host.
    ///
    /// - Throws: ECHILD: there is none, or more than one.
    func find() throws(Errno) -> Int32 {
        let found = try all()
        guard found.count == 1 else { throw Errno(rawValue: ECHILD) }
        return found[0]
    }

    /// All of them, at most some hundreds.
    func all() throws(Errno) -> [Int32] {
        let text = String(decoding: try Transfer.read(children, at: 0, count: 4096), as: UTF8.self)
        return text.split(separator: " ").compactMap { Int32($0) }
    }
}
