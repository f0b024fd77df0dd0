internal import CKernel

/// The memory of this process.
public enum Memory {
    /// Gives back what was freed, and what earlier calls used of the stack: a process that waits for hours after a busy
    /// beginning keeps nothing of it. Only for a process of one thread. Source: malloc_trim(3), madvise(2).
    public static func giveBack() { csn_give_back_memory() }
}
