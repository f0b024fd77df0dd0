internal import Kernel
public import Records

/// Waits for a task without asking again and again: its monitor tells.
public enum TaskWait {
    /// Waits for the end of a task.
    ///
    /// - Parameter deadline: On the monotonic clock, in nanoseconds; nil waits for ever.
    /// - Returns: nil if the deadline passed first.
    public static func end(of task: TaskDirectory, deadline: UInt64? = nil) throws(TaskError) -> EndRecord? {
        try wait(for: task, beyond: .max, deadline: deadline)
    }

    /// Waits until more bytes have been recorded, or the task has ended.
    ///
    /// - Parameters:
    ///   - bytes: Of both streams together.
    ///   - deadline: See above.
    /// - Returns: How the task ended; nil if there is more, or the deadline passed.
    @discardableResult
    public static func wait(
        for task: TaskDirectory, beyond bytes: UInt64, deadline: UInt64?
    ) throws(TaskError) -> EndRecord? {
        while true {
            if let end = try task.end() { return end }
            if let control = try TaskControl(task), try control.send(.follow(bytes: bytes)) {
                switch try control.reply(timeout: deadline.map { time(until: $0) }) {
                case .ended(let end): return end
                case .progress: return nil
                case .refused(let reason): throw .refused(reason)
                case .started, .done, nil: break
                }
            }
            if let deadline, time(until: deadline) == 0 { return nil }
            try pause(deadline)
        }
    }

    private static func time(until deadline: UInt64) -> UInt64 {
        let now = Clock.monotonic()
        return deadline > now ? deadline - now : 0
    }

    /// A monitor that does not answer is about to end, or has as many connections as it takes.
    private static func pause(_ deadline: UInt64?) throws(TaskError) {
        let moment: UInt64 = 10_000_000
        try on("poll") { () throws(Errno) in
            var nothing = Poll()
            try nothing.wait(timeout: min(moment, deadline.map { time(until: $0) } ?? moment))
        }
    }
}
