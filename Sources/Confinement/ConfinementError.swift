public import Kernel
public import Records

/// A step of the confinement that failed: the task does not start.
public struct ConfinementError: Error, Sendable, Equatable {
    /// The step.
    public let stage: Stage
    /// What the kernel said.
    public let errno: Errno
    /// Which of several: the index of a mount, a rule or a limit; -1 where there is one.
    public let index: Int32

    /// A failed step.
    public init(_ stage: Stage, _ errno: Errno, index: Int32 = -1) {
        self.stage = stage
        self.errno = errno
        self.index = index
    }
}

/// Runs one step and names it in the failure.
public func step<Result: ~Copyable>(
    _ stage: Stage, index: Int = -1, _ body: () throws(Errno) -> Result
) throws(ConfinementError) -> Result {
    do {
        return try body()
    } catch {
        throw ConfinementError(stage, error, index: Int32(clamping: index))
    }
}
