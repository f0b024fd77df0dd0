import Glibc
import Kernel
import Records

/// Puts what says that a task was started on disk once it has run for a moment: after a power failure it is `lost`, and not
/// forgotten. A task that ends sooner does not pay for it.
struct LastingRecord {
    /// Nanoseconds of the task's run.
    private static let patience: UInt64 = 100_000_000
    /// What a listing and `inspect` need.
    private static let files = ["record", "plan", "receipt"]

    /// When it is due; nil before the task runs, and when it is done.
    private(set) var deadline: UInt64?

    /// The task runs.
    mutating func begin(now: UInt64) { deadline = now + Self.patience }

    /// Waits for the disk, if it is due: whether it was.
    mutating func keep(now: UInt64) throws(Errno) -> Bool {
        guard let deadline, deadline <= now else { return false }
        self.deadline = nil
        for name in Self.files {
            let file = try Files.open(name, O_RDONLY, at: AirlockDescriptor.directory)
            try Files.makeDurable(file.number)
        }
        try Files.makeNamesDurable(AirlockDescriptor.directory)
        return true
    }
}
