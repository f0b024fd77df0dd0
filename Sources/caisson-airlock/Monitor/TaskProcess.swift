import Glibc
import Kernel

/// The task's main process, found from outside.
enum TaskProcess {
    /// The one child of init while the task waits at the gate. Source: proc(5), /proc/PID/task/TID/children.
    ///
    /// - Returns: Its pid on the host. ECHILD: there is none, or more than one.
    static func find(childOf parent: Int32) throws(Errno) -> Int32 {
        let text = try Files.contents("/proc/\(parent)/task/\(parent)/children", limit: 4096)
        // One number and a space: anything else is no number.
        guard let child = Int32(String(decoding: text.dropLast(), as: UTF8.self)) else { throw Errno(rawValue: ECHILD) }
        return child
    }
}
