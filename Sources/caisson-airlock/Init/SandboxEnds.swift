import Glibc
import Kernel
import Records

/// The descriptors that init and the task side inherit from the monitor. Each is close-on-exec.
struct SandboxEnds {
    /// Socket by which the plan comes, and after it the mounts with mapped owners, which only the monitor can make.
    let handoff: Int32
    /// Socket to report steps, readiness and the end on.
    let status: Int32
    /// Pipe on which the task waits until the monitor has seen it; its closing tells the monitor that execve succeeded.
    let gate: Int32
    /// Pipe that has no more writer when the monitor is gone.
    let lifeline: Int32
    /// What becomes standard output.
    let output: Int32
    /// What becomes standard error.
    let error: Int32
}

/// What the monitor passes on to init as soon as it has it itself.
struct ForwardedPlan {
    /// The plan.
    let plan: LaunchPlan
    /// What becomes standard input, or nil for nothing.
    let input: Int32?
    /// The directories of the handed trees, as they were checked.
    let trees: [Int32]

    /// Waits for it: the plan, the trees, and after a 1 the input. EPIPE: the monitor has no task, or is gone.
    init(from handoff: Int32) throws(Errno) {
        let message = try Transfer.receive(handoff, limit: 1)
        guard let hasInput = message.bytes.first, let file = message.descriptors.first else {
            throw Errno(rawValue: EPIPE)
        }
        var rest = message.descriptors.dropFirst()
        input = hasInput == 1 ? rest.popLast() : nil
        trees = Array(rest)
        plan = try ForwardedPlan.read(file)
    }

    private static func read(_ file: Int32) throws(Errno) -> LaunchPlan {
        let memory = Descriptor(owning: file)
        let bytes = try Files.contents("/proc/self/fd/\(memory.number)", limit: 16 << 20)
        do throws(RecordError) {
            return try LaunchPlan.open(bytes)
        } catch {
            throw Errno(rawValue: EBADMSG)
        }
    }
}
