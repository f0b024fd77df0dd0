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

    /// Nil for what nobody wrote: a value of another type would end the program where it is taken for granted.
    init?(_ row: Row) {
        func value<Value: DatabaseValueConvertible>(_ column: String) -> Value? {
            Value.fromDatabaseValue(row[column] as DatabaseValue)
        }
        let end: DatabaseValue = row["ended_at"]
        guard let id = value("id").flatMap({ TaskID($0 as String) }),
            let status = value("status").flatMap({ TaskStatus(word: $0 as String) }),
            let startedAt: Int64 = value("started_at"), let owner: String = value("owner"),
            let tenant: String = value("tenant"), let policyDigest: String = value("policy_digest"),
            let retention: Int64 = value("retention"), end.isNull || Int64.fromDatabaseValue(end) != nil
        else { return nil }
        (self.id, self.status, self.startedAt, self.owner) = (id, status, startedAt, owner)
        (self.tenant, self.policyDigest) = (tenant, policyDigest)
        self.retention = UInt64(bitPattern: retention)
        endedAt = value("ended_at")
    }

    var values: StatementArguments {
        [id.text, startedAt, status.word, endedAt, owner, tenant, policyDigest, Int64(bitPattern: retention)]
    }
}
