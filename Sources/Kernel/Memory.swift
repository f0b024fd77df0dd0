internal import CKernel

/// The memory of this process.
public enum Memory {
    /// Gives back what was freed, and what earlier calls used of the stack: a process that waits for hours after a busy
    /// beginning keeps nothing of it. Only for a process of one thread. Source: malloc_trim(3), madvise(2).
    public static func giveBack() { csn_give_back_memory() }

    /// Gives back what was freed, after work that is rare and takes much: a server that waits keeps nothing of it.
    /// Source: malloc_trim(3).
    public static func giveBackHeap() { csn_give_back_heap() }
}
