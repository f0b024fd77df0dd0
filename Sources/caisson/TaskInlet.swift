import Kernel

/// The way from our standard input to the task's, in an event loop.
protocol TaskInlet: AnyObject {
    /// Adds what it waits for.
    func wait(in poll: inout Poll)
    /// Moves what can be moved without waiting; true if the caller wants to detach.
    func move(_ poll: Poll) throws -> Bool
    /// Nothing more is passed on.
    func finish()
}

/// No input, to a task that takes none.
final class NoInput: TaskInlet {
    func wait(in poll: inout Poll) {}
    func move(_ poll: Poll) -> Bool { false }
    func finish() {}
}
