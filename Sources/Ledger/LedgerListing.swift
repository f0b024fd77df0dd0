internal import GRDB

/// When the directory of the tasks last changed, by its times: as long as they are the same, no task has come or gone.
public struct LedgerListing: Sendable, Equatable {
    /// Nanoseconds since 1970.
    public let modified: Int64
    /// Of the directory itself, nanoseconds since 1970.
    public let changed: Int64

    /// The times of a directory. Source: stat(2).
    public init(modified: Int64, changed: Int64) {
        (self.modified, self.changed) = (modified, changed)
    }

    /// Nil for what nobody wrote.
    init?(_ row: Row) {
        guard let modified = Int64.fromDatabaseValue(row["modified"]),
            let changed = Int64.fromDatabaseValue(row["changed"])
        else { return nil }
        (self.modified, self.changed) = (modified, changed)
    }
}
