internal import GRDB
public import Records

/// The ledger of a state directory: which tasks there are, in SQLite. Several front ends write it at once.
///
/// WAL, a busy time-out of half a minute (a disk can be that busy), and short transactions, none of them held over a launch.
public final class Ledger: Sendable {
    private let database: DatabasePool

    /// Opens a ledger, and makes it or brings it up to this version where that is needed. Migrations only add.
    ///
    /// - Parameter path: Of the database file; its directory belongs to this user alone.
    public init(_ path: String) throws(LedgerError) {
        database = try Ledger.translated {
            var configuration = Configuration()
            configuration.busyMode = .timeout(30)
            configuration.maximumReaderCount = 2
            let pool = try DatabasePool(path: path, configuration: configuration)
            try Ledger.migrate(pool)
            return pool
        }
    }

    /// The migrator looks once at what was done, and then does the rest: another front end may do the same at this moment, and
    /// then the second one fails on what is there already. It looks again as often as there is something to do.
    private static func migrate(_ pool: DatabasePool) throws {
        for _ in migrator.migrations {
            do { return try migrator.migrate(pool) } catch is DatabaseError { continue }
        }
        try migrator.migrate(pool)
    }

    /// Reads the whole of it and compares it with itself and with what a ledger has. Source: PRAGMA integrity_check of SQLite;
    /// quick_check does not compare indices with their tables.
    public func verify() throws(LedgerError) {
        let found = try read { try String.fetchAll($0, sql: "PRAGMA integrity_check(1)") }
        guard found == ["ok"] else { throw LedgerError(found.joined(separator: "; "), isDamaged: true) }
        // A sound database can lack our table.
        _ = try page(status: nil, after: nil, limit: 1)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE task (
                        id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, status TEXT NOT NULL, ended_at INTEGER,
                        owner TEXT NOT NULL, tenant TEXT NOT NULL, policy_digest TEXT NOT NULL,
                        retention INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE INDEX task_by_start ON task (started_at DESC, id);
                    CREATE INDEX task_by_status ON task (status, started_at DESC, id);
                    """)
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE listing (one INTEGER PRIMARY KEY CHECK (one = 1), modified INTEGER, changed INTEGER);
                    CREATE INDEX task_by_expiry ON task (ended_at + retention) WHERE ended_at IS NOT NULL;
                    """)
        }
        migrator.registerMigration("3") { database in
            try database.execute(
                sql: """
                    ALTER TABLE task ADD COLUMN policy TEXT;
                    ALTER TABLE task ADD COLUMN cause TEXT;
                    ALTER TABLE task ADD COLUMN exit_code INTEGER;
                    ALTER TABLE task ADD COLUMN signal INTEGER;
                    ALTER TABLE task ADD COLUMN cpu_time INTEGER;
                    ALTER TABLE task ADD COLUMN peak_memory INTEGER;
                    ALTER TABLE task ADD COLUMN peak_processes INTEGER;
                    ALTER TABLE task ADD COLUMN audited INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX task_unaudited ON task (id) WHERE audited = 0 AND ended_at IS NOT NULL;
                    CREATE TABLE audit_head (
                        id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL,
                        size INTEGER NOT NULL, checkpoint INTEGER NOT NULL
                    );
                    """)
        }
        migrator.registerMigration("4") { database in
            try database.execute(
                sql: """
                    ALTER TABLE task ADD COLUMN retained_bytes INTEGER;
                    ALTER TABLE task ADD COLUMN bytes INTEGER;
                    CREATE INDEX task_by_size ON task (bytes, retained_bytes, ended_at)
                    WHERE ended_at IS NOT NULL;
                    """)
        }
        return migrator
    }

    /// Writes entries, over what is there of the same tasks, in one transaction.
    public func record(_ entries: [LedgerEntry]) throws(LedgerError) {
        guard !entries.isEmpty else { return }
        try write { database in
            for entry in entries {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO task (\(LedgerEntry.columns)) VALUES (\(LedgerEntry.places))",
                    arguments: entry.values)
            }
        }
    }

    /// Forgets tasks whose directories are gone.
    public func forget(_ ids: [TaskID]) throws(LedgerError) {
        guard !ids.isEmpty else { return }
        try write { database in
            for id in ids { try database.execute(sql: "DELETE FROM task WHERE id = ?", arguments: [id.text]) }
        }
    }

    /// All tasks that it knows: what is no entry is not known, and can be recorded again.
    public func ids() throws(LedgerError) -> Set<TaskID> {
        let statuses = TaskStatus.allCases.map { "'\($0.word)'" }.joined(separator: ", ")
        let isEntry = """
            typeof(started_at) = 'integer' AND typeof(retention) = 'integer' AND typeof(owner) = 'text'
            AND typeof(tenant) = 'text' AND typeof(policy_digest) = 'text'
            AND typeof(ended_at) IN ('integer', 'null') AND +status IN (\(statuses))
            """
        // Not by the index, which is another table to look up each of them in.
        let texts = try read {
            try String.fetchAll($0, sql: "SELECT id FROM task WHERE typeof(id) = 'text' AND \(isEntry)")
        }
        return Set(texts.lazy.compactMap { TaskID($0) })
    }

    /// Looks whether the indices have as much as each other: SQLite does not notice when one lacks something, and a listing
    /// would miss it.
    ///
    /// - Parameter table: Whether they are compared with the table, too, which takes as long as reading all of it.
    public func checkIndices(table: Bool) throws(LedgerError) {
        let indices = ["INDEXED BY task_by_start", "INDEXED BY task_by_status WHERE status >= ''"]
        let sources = indices + (table ? ["NOT INDEXED"] : [])
        let counts = try read { database in
            try sources.map { try Int.fetchOne(database, sql: "SELECT count(*) FROM task \($0)") }
        }
        guard Set(counts).count == 1 else { throw LedgerError("an index is not whole", isDamaged: true) }
    }

    /// When the directory of the tasks had last changed as of the last time that everything in it was in the ledger; nil:
    /// nobody has said so.
    public func listing() throws(LedgerError) -> LedgerListing? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT modified, changed FROM listing").flatMap { LedgerListing($0) }
        }
    }

    /// Says that everything in the directory of the tasks is in the ledger, and nothing else is.
    public func record(_ listing: LedgerListing) throws(LedgerError) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO listing VALUES (1, ?, ?)",
                arguments: [listing.modified, listing.changed])
        }
    }

    /// Tasks that were running when somebody last looked.
    public func running() throws(LedgerError) -> [LedgerEntry] {
        try entries("WHERE status = 'running'", [])
    }

    /// Ended tasks whose end is not in the audit log yet.
    public func unaudited() throws(LedgerError) -> [LedgerEntry] {
        try entries("WHERE audited = 0 AND ended_at IS NOT NULL", [])
    }

    /// Ended tasks that have been kept long enough.
    ///
    /// - Parameter now: Nanoseconds since 1970.
    public func expired(now: Int64) throws(LedgerError) -> [LedgerEntry] {
        try entries("WHERE ended_at IS NOT NULL AND ended_at + retention < ?", [now])
    }

    /// Ended tasks of which nobody has said how much they take up.
    public func unmeasured() throws(LedgerError) -> [LedgerEntry] {
        try entries("WHERE bytes IS NULL AND ended_at IS NOT NULL", [])
    }

    /// All ended tasks, those first that ended first.
    public func ended() throws(LedgerError) -> [LedgerEntry] {
        try entries("WHERE ended_at IS NOT NULL ORDER BY ended_at, id", [])
    }

    /// Bytes that all ended tasks take up together, and the smallest number of bytes that one of their policies lets them; nil:
    /// none says anything.
    public func retained() throws(LedgerError) -> (bytes: UInt64, smallest: UInt64?) {
        // By the index alone: without its name, SQLite takes another one, and looks each task up.
        let sql = """
            SELECT SUM(bytes) AS bytes, MIN(retained_bytes) AS smallest
            FROM task INDEXED BY task_by_size WHERE ended_at IS NOT NULL
            """
        let found = try read { database in
            try Row.fetchOne(database, sql: sql).map { row in
                ["bytes", "smallest"].map { Int64.fromDatabaseValue(row[$0] as DatabaseValue) }
            }
        }
        return (UInt64(clamping: found?[0] ?? 0), found?[1].map { UInt64(clamping: $0) })
    }

    /// A page of tasks, the newest first.
    ///
    /// - Parameters:
    ///   - status: Only tasks that stand so.
    ///   - after: The last entry of the page before.
    ///   - limit: 1 or more.
    public func page(status: TaskStatus?, after: LedgerPlace?, limit: Int) throws(LedgerError) -> [LedgerEntry] {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        if let status {
            conditions.append("status = ?")
            arguments += [status.word]
        }
        if let after {
            conditions.append("(started_at < ? OR (started_at = ? AND id > ?))")
            arguments += [after.startedAt, after.startedAt, after.id.text]
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try entries("\(filter) ORDER BY started_at DESC, id LIMIT \(limit)", arguments)
    }

    /// The ids of the tasks that begin so, the newest first, and how many there are.
    ///
    /// - Parameter limit: How many are given.
    public func ids(beginning prefix: String, limit: Int) throws(LedgerError) -> (ids: [String], total: Int) {
        // The digits of an id end with f.
        let filter = "WHERE id >= ? AND id < ? || 'g'"
        return try read { database in
            let ids = try String.fetchAll(
                database, sql: "SELECT id FROM task \(filter) ORDER BY started_at DESC, id LIMIT \(limit)",
                arguments: [prefix, prefix])
            let total = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM task \(filter)", arguments: [prefix, prefix])
            return (ids, total ?? 0)
        }
    }

    /// Gives back the pages that SQLite keeps, after work that is rare and reads much. Source: sqlite3_db_release_memory.
    public func giveBackMemory() throws(LedgerError) {
        try Ledger.translated {
            try database.read { try $0.execute(sql: "PRAGMA shrink_memory") }
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA shrink_memory") }
        }
    }

    /// The last line of the audit log that was known, and up to which one it was signed; nil: none was.
    public func auditHead() throws(LedgerError) -> LedgerAuditHead? {
        try read { database in
            try Row.fetchOne(database, sql: "SELECT seq, hash, size, checkpoint FROM audit_head WHERE id = 1")
                .map { LedgerAuditHead($0) }
        } ?? nil
    }

    /// Keeps the last line of the audit log; a line before the one that is kept is no news.
    public func keep(_ head: LedgerAuditHead) throws(LedgerError) {
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO audit_head (id, seq, hash, size, checkpoint) VALUES (1, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, size = excluded.size,
                    checkpoint = MAX(checkpoint, excluded.checkpoint)
                    WHERE excluded.seq > seq
                    """,
                arguments: [
                    Int64(bitPattern: head.seq), head.hash, Int64(bitPattern: head.size),
                    Int64(bitPattern: head.checkpoint),
                ])
        }
    }

    private func entries(_ rest: String, _ arguments: StatementArguments) throws(LedgerError) -> [LedgerEntry] {
        let rows = try read { database in
            try Row.fetchAll(database, sql: "SELECT \(LedgerEntry.columns) FROM task \(rest)", arguments: arguments)
                .map { LedgerEntry($0) }
        }
        return rows.compactMap(\.self)
    }

    private func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws(LedgerError) -> Value {
        try Ledger.translated { try database.read(body) }
    }

    private func write(_ body: @Sendable (Database) throws -> Void) throws(LedgerError) {
        try Ledger.translated { try database.write(body) }
    }

    private static func translated<Value>(_ body: () throws -> Value) throws(LedgerError) -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw LedgerError(error.message ?? error.description, isDamaged: isDamage(error))
        } catch {
            // A value that nobody writes, or a file beside the ledger that somebody took away.
            throw LedgerError("\(error)", isDamaged: true)
        }
    }

    /// Whether the file is no ledger, or no longer: not SQLite's, cut off, unreadable, or without our table; every statement is
    /// a constant, so that one that SQLite does not understand says something about the file.
    private static func isDamage(_ error: DatabaseError) -> Bool {
        let damage: [ResultCode] = [
            .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_FORMAT, .SQLITE_IOERR, .SQLITE_CANTOPEN,
        ]
        return damage.contains(error.resultCode.primaryResultCode)
            || error.extendedResultCode == .SQLITE_READONLY_DBMOVED
    }
}

/// Where a page of the listing ended.
public struct LedgerPlace: Sendable, Equatable {
    /// Start of the last entry, nanoseconds since 1970.
    public let startedAt: Int64
    /// The last entry's task.
    public let id: TaskID

    /// The place of an entry.
    public init(_ entry: LedgerEntry) {
        (startedAt, id) = (entry.startedAt, entry.id)
    }

    /// The place that a cursor stands for; nil for what is no cursor.
    public init?(cursor: String) {
        let parts = cursor.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Int64(parts[0]), let id = TaskID(parts[1]) else { return nil }
        (startedAt, self.id) = (start, id)
    }

    /// The place as text.
    public var cursor: String { "\(startedAt)-\(id)" }
}
