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
            // A monitor that is about to end has closed its socket and is writing its record: it lets go of its lock soon.
            guard let control = try TaskControl(task), try control.send(.follow(bytes: bytes)) else {
                try task.waitForMonitor()
                continue
            }
            let now = Clock.monotonic()
            let timeout = deadline.map { $0 > now ? $0 - now : 0 }
            switch try control.reply(timeout: timeout) {
            case .ended(let end): return end
            case .progress: return nil
            case .started, .done, .refused: continue
            case nil: if let deadline, Clock.monotonic() >= deadline { return nil }
            }
        }
    }
}
