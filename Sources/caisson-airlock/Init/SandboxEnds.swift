import Kernel

/// The descriptors that init and the task side inherit from the monitor. Each is close-on-exec.
struct SandboxEnds {
    /// Socket on which the monitor says that the maps are written, with the workspace's mount where it made one.
    let handoff: Int32
    /// Socket to report steps, readiness and the end on.
    let status: Int32
    /// Pipe on which the task waits until the monitor has seen it; its closing tells the monitor that execve succeeded.
    let gate: Int32
    /// Pipe that has no more writer when the monitor is gone.
    let lifeline: Int32
    /// What becomes standard input, or nil for nothing.
    let input: Int32?
    /// What becomes standard output.
    let output: Int32
    /// What becomes standard error.
    let error: Int32
    /// The directories of the handed trees, as they were checked.
    let trees: [Int32]
}
