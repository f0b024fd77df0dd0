internal import GRDB

/// How far the audit log was written when somebody last looked, kept apart from it: what is cut off its end is missed here.
public struct LedgerAuditHead: Sendable, Equatable {
    /// Number of its last line.
    public var seq: UInt64
    /// The hash of that line.
    public var hash: String
    /// Bytes of the log up to and with that line.
    public var size: UInt64
    /// Number of the last checkpoint; 0: none.
    public var checkpoint: UInt64

    /// A place in the log.
    public init(seq: UInt64, hash: String, size: UInt64, checkpoint: UInt64) {
        (self.seq, self.hash, self.size, self.checkpoint) = (seq, hash, size, checkpoint)
    }

    /// Nil for what nobody wrote.
    init?(_ row: Row) {
        guard let seq = Int64.fromDatabaseValue(row["seq"]), let hash = String.fromDatabaseValue(row["hash"]),
            let size = Int64.fromDatabaseValue(row["size"]), let checkpoint = Int64.fromDatabaseValue(row["checkpoint"])
        else { return nil }
        self.init(
            seq: UInt64(bitPattern: seq), hash: hash, size: UInt64(bitPattern: size),
            checkpoint: UInt64(bitPattern: checkpoint))
    }
}
