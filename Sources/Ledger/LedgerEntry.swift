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
    /// Bytes that all ended tasks may take up together before this one goes, as its policy says; nil: any number.
    public var retainedBytes: UInt64?
    /// Bytes that it takes on disk, once it has ended; nil: nobody has looked.
    public var bytes: UInt64?
    /// Name of the policy; nil in an entry of an earlier version, whose task's directory has it.
    public var policy: String?
    /// The word of `end.cause`, once it has ended.
    public var cause: String?
    /// What it used, once it has ended and as far as that could be counted.
    public var usage = LedgerUsage()
    /// Whether its end is in the audit log.
    public var isAudited = false

    /// The entry of a task that has just been found.
    public init(_ record: TaskRecord) {
        (id, startedAt, status) = (record.id, record.startedAt, .running)
        (owner, tenant, policyDigest) = (record.owner, record.tenant, record.policyDigest)
        (retention, retainedBytes, policy) = (record.retention, record.retainedBytes, record.policy)
    }

    /// The same task after its end.
    public func ended(_ end: EndRecord) -> LedgerEntry {
        var entry = self
        (entry.status, entry.endedAt, entry.cause) = (end.status, end.endedAt, end.cause)
        entry.usage = LedgerUsage(
            exitCode: end.exitCode, signal: end.signal, cpuTime: end.cpuTime, peakMemory: end.peakMemory,
            peakProcesses: end.peakProcesses)
        return entry
    }
}

/// What a task came to.
public struct LedgerUsage: Sendable, Equatable {
    /// If it exited.
    public var exitCode: Int32?
    /// If a signal ended it.
    public var signal: Int32?
    /// Nanoseconds.
    public var cpuTime: UInt64?
    /// Bytes.
    public var peakMemory: UInt64?
    /// How many at once.
    public var peakProcesses: UInt64?
}

extension LedgerEntry {
    static let columns =
        "id, started_at, status, ended_at, owner, tenant, policy_digest, retention, policy, cause, exit_code, signal, "
        + "cpu_time, peak_memory, peak_processes, audited, retained_bytes, bytes"
    static let places = columns.split(separator: ",").map { _ in "?" }.joined(separator: ", ")

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
        (policy, cause, isAudited) = (value("policy"), value("cause"), value("audited") ?? false)
        usage = LedgerUsage(
            exitCode: value("exit_code"), signal: value("signal"), cpuTime: count(value("cpu_time")),
            peakMemory: count(value("peak_memory")), peakProcesses: count(value("peak_processes")))
        (retainedBytes, bytes) = (count(value("retained_bytes")), count(value("bytes")))
        func count(_ stored: Int64?) -> UInt64? { stored.map { UInt64(bitPattern: $0) } }
    }

    var values: StatementArguments {
        func stored(_ count: UInt64?) -> Int64? { count.map { Int64(bitPattern: $0) } }
        return [
            id.text, startedAt, status.word, endedAt, owner, tenant, policyDigest, Int64(bitPattern: retention), policy,
            cause, usage.exitCode, usage.signal, stored(usage.cpuTime), stored(usage.peakMemory),
            stored(usage.peakProcesses), isAudited, retainedBytes.map { Int64(clamping: $0) }, stored(bytes),
        ]
    }
}
