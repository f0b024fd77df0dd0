internal import GRDB
public import Records

/// One task in the ledger: what listings sort and select by. Everything else is in the task's directory.
public struct LedgerEntry: Sendable, Equatable {
    /// The task.
    public var id: TaskID
    /// Nanoseconds since 1970.
    public var startedAt: Int64
    /// How it stood when somebody last looked.
    public var status: TaskStatus
    /// Nanoseconds since 1970, once it has ended.
    public var endedAt: Int64?
    /// Who started it, such as `mcp:1000`.
    public var owner: String
    /// The tenant.
    public var tenant: String
    /// The policy's digest.
    public var policyDigest: String
    /// How long it is kept after its end, in nanoseconds.
    public var retention: UInt64

    /// The entry of a task that has just been found.
    public init(_ record: TaskRecord) {
        (id, startedAt, status) = (record.id, record.startedAt, .running)
        (owner, tenant, policyDigest) = (record.owner, record.tenant, record.policyDigest)
        retention = record.retention
    }

    /// The same task after its end.
    public func ended(_ end: EndRecord) -> LedgerEntry {
        var entry = self
        (entry.status, entry.endedAt) = (end.status, end.endedAt)
        return entry
    }
}

extension LedgerEntry {
    static let columns = "id, started_at, status, ended_at, owner, tenant, policy_digest, retention"

    init?(_ row: Row) {
        guard let id = TaskID(row["id"] as String), let status = TaskStatus(word: row["status"] as String) else {
            return nil
        }
        self.id = id
        self.status = status
        startedAt = row["started_at"]
        endedAt = row["ended_at"]
        owner = row["owner"]
        tenant = row["tenant"]
        policyDigest = row["policy_digest"]
        retention = UInt64(bitPattern: row["retention"] as Int64)
    }

    var values: StatementArguments {
        [id.text, startedAt, status.word, endedAt, owner, tenant, policyDigest, Int64(bitPattern: retention)]
    }
}
