internal import Ledger
public import Records

/// An ended task that is removed next, and why.
public struct PrunableTask: Sendable {
    /// The task.
    public let id: TaskID
    /// Nanoseconds since 1970.
    public let endedAt: Int64
    /// What it takes on disk; nil where that could not be read.
    public let bytes: UInt64?
    /// Why.
    public let cause: Cause

    /// Why an ended task is removed.
    public enum Cause: String, Sendable {
        /// It has been kept as long as its policy says.
        case ended = "retention.ended"
        /// All ended tasks together take more than its policy says.
        case disk = "retention.disk"
        /// Somebody asks for all that are so old.
        case age = "--older-than"

        /// The word of the audit log.
        var action: String { self == .age ? "prune" : "retention" }
    }

    init(_ entry: LedgerEntry, _ cause: Cause) {
        (id, endedAt, bytes, self.cause) = (entry.id, entry.endedAt ?? 0, entry.bytes, cause)
    }

    /// Those that go, the oldest first, so that all together take no more than the policy of each that goes next says: one whose
    /// policy says more stays.
    ///
    /// - Parameter entries: Ended tasks, the oldest first.
    static func overfull(_ entries: [LedgerEntry]) -> [LedgerEntry] {
        var left = entries.reduce(into: UInt64(0)) { $0 += $1.bytes ?? 0 }
        return entries.filter { entry in
            guard let cap = entry.retainedBytes, left > cap else { return false }
            left -= min(left, entry.bytes ?? 0)
            return true
        }
    }
}
