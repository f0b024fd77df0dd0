public import Audit
internal import Kernel
internal import Ledger
public import Records
public import Tasks

/// All tasks of a state directory. The directories are the truth; the ledger, brought up to date with them at every
/// listing, is what makes the listing cheap.
///
/// A directory that can't be read is set apart with its reason, and the others go on.
public final class TaskCollection {
    private let state: StateDirectory
    private let ledger: SharedLedger
    private let audit: AuditKeeping
    private var seen: (generation: Int, time: PathTime)?
    private var known: (generation: Int, ids: Set<TaskID>)?
    /// Whether all that is in the directory of the tasks is a task that can be read.
    private var isTidy = false
    private var unread: [TaskID: TaskError] = [:]
    private var lastPrune: UInt64 = 0
    /// In nanoseconds.
    var pruneInterval: UInt64 = 60_000_000_000

    /// Opens the ledger. A damaged one is set aside and made again from the directories.
    ///
    /// - Parameters:
    ///   - log: The audit log, in which ends and removals are written; nil: as the command line.
    ///   - prunes: Whether what has been kept long enough is taken away: every front end that lists tasks does it.
    public init(_ state: StateDirectory, _ log: AuditLog? = nil, prunes: Bool = true) throws(TaskError) {
        self.state = state
        ledger = try SharedLedger(state)
        audit = AuditKeeping(state, ledger, log ?? AuditLog(state, AuditWho(uid: Host.user, frontEnd: "cli")))
        if prunes { _ = try prune() }
    }

    /// What could not be written to the audit log when it was last tried: it is tried again at the next listing.
    public var auditFailure: AuditError? { audit.failure }

    /// Signs what the audit log has, and keeps its head in the ledger.
    public func checkpoint() throws(AuditError) { try audit.keep(signs: true) }

    /// So many lines of the audit log are signed at the latest when a server program looks at the tasks.
    public static var checkpointInterval: UInt64 { AuditKeeping.interval }

    /// The last line of the audit log that the ledger of a state directory knows; nil: it knows none, or there is no ledger.
    public static func auditHead(_ state: StateDirectory) throws(TaskError) -> (seq: UInt64, hash: String)? {
        guard let ledger = try SharedLedger.existing(state) else { return nil }
        return try ledger.ask { (ledger) throws(LedgerError) in try ledger.auditHead() }.map { ($0.seq, $0.hash) }
    }

    /// What the last prune could not take away of what never was a task, or is none any more.
    public private(set) var leftovers: [TaskError] = []

    /// Tasks whose directories could not be read when they were last looked at, and why.
    public var damaged: [DamagedTask] {
        unread.sorted { $0.key.text < $1.key.text }.map { DamagedTask(id: $0.key, error: $0.value) }
    }

    // MARK: keeping up

    /// Takes in what other front ends started, and what ended in the meantime.
    private func reconcile() throws(TaskError) {
        try adoptNew()
        for entry in try ledger.ask({ (ledger) throws(LedgerError) in try ledger.running() }) { try refresh(entry) }
        for entry in try ledger.ask({ (ledger) throws(LedgerError) in try ledger.unaudited() }) { try refresh(entry) }
        audit.keepIfPossible()
    }

    private func adoptNew() throws(TaskError) {
        let time = try on(state.path) { () throws(Errno) in try PathTime(state.tasks.number) }
        if let seen, seen.generation == ledger.generation, seen.time == time { return }
        let isFirst = seen?.generation != ledger.generation
        let listing = try ledger.ask { (ledger) throws(LedgerError) in try ledger.listing() }
        let isListed = seen == nil && listing == time.listing
        // The table is read as a whole anyway where something has changed.
        if isFirst { try ledger.ask { (ledger) throws(LedgerError) in try ledger.checkIndices(table: !isListed) } }
        if isListed {
            (seen, isTidy) = ((ledger.generation, time), true)
            return
        }
        let (tasks, others) = try state.entries()
        try record(tasks)
        // A change within the same tick of the clock would look like none.
        seen = time.isSettled ? (ledger.generation, time) : nil
        isTidy = others.isEmpty && unread.isEmpty
        guard isTidy, time.isSettled else { return }
        try ledger.ask { (ledger) throws(LedgerError) in try ledger.record(time.listing) }
    }

    /// Brings the ledger up to date with the tasks that are there.
    private func record(_ tasks: [TaskID]) throws(TaskError) {
        var ids = try knownIDs()
        let new = tasks.filter { !ids.contains($0) }
        // Where none is missing, no second set has to be made of thousands.
        let gone = ids.count + new.count == tasks.count ? [] : ids.subtracting(tasks)
        unread = unread.filter { new.contains($0.key) || ids.contains($0.key) && !gone.contains($0.key) }
        let entries = new.compactMap { id in reading(id) { (task) throws(TaskError) in try entry(task) } }
        try ledger.ask { (ledger) throws(LedgerError) in
            try ledger.record(entries)
            try ledger.forget(Array(gone))
        }
        ids.formUnion(entries.map(\.id))
        known = (ledger.generation, ids.subtracting(gone))
    }

    /// What this ledger had when it was last asked. What others took out of it since is no longer there, and what they put
    /// in may be put in once more.
    private func knownIDs() throws(TaskError) -> Set<TaskID> {
        if let known, known.generation == ledger.generation { return known.ids }
        return try ledger.ask { (ledger) throws(LedgerError) in try ledger.ids() }
    }

    private func entry(_ task: TaskDirectory) throws(TaskError) -> LedgerEntry {
        let entry = LedgerEntry(try task.record())
        return try task.end().map { ended(entry, task, $0) } ?? entry
    }

    private func ended(_ entry: LedgerEntry, _ task: TaskDirectory, _ end: EndRecord) -> LedgerEntry {
        var entry = entry.ended(end)
        entry.isAudited = audit.ended(task, end)
        return measured(entry, task)
    }

    /// What can't be measured now is at the next prune.
    private func measured(_ entry: LedgerEntry, _ task: TaskDirectory) -> LedgerEntry {
        var entry = entry
        do { entry.bytes = try task.bytes() } catch { entry.bytes = nil }
        return entry
    }

    private func refresh(_ entry: LedgerEntry) throws(TaskError) {
        let now = reading(entry.id) { (task) throws(TaskError) in
            if let end = try task.end() { return ended(entry, task, end) }
            return entry.status == .running ? entry : LedgerEntry(try task.record())
        }
        guard let now, now != entry else { return }
        try ledger.ask { (ledger) throws(LedgerError) in try ledger.record([now]) }
    }

    /// What a task's directory says; nil if it was pruned in the meantime, or can't be read, which is noted.
    private func reading<Value>(
        _ id: TaskID, _ body: (TaskDirectory) throws(TaskError) -> Value
    ) -> Value? {
        do {
            let value = try body(try TaskDirectory(state, id))
            unread[id] = nil
            return value
        } catch {
            note(id, error)
            return nil
        }
    }

    private func note(_ id: TaskID, _ error: TaskError) {
        guard case .unknownTask = error else { return unread[id] = error }
        do {
            _ = try TaskDirectory(state, id)
            unread[id] = .unreadable(.record, "it is missing")
        } catch {
            // It was pruned in the meantime.
            unread[id] = nil
        }
    }

    // MARK: listing

    /// A page of tasks, the newest first, and the cursor of the next one.
    ///
    /// - Parameters:
    ///   - status: Only tasks that stand so.
    ///   - cursor: Where the page before ended.
    ///   - limit: 1 or more.
    public func page(
        status: TaskStatus? = nil, cursor: String? = nil, limit: Int
    ) throws(TaskError) -> (views: [TaskView], next: String?) {
        let place = try cursor.map { (text) throws(TaskError) in try Self.place(text) }
        let entries = try ledger.recovering { () throws(TaskError) in
            try reconcile()
            return try ledger.ask { (ledger) throws(LedgerError) in
                try ledger.page(status: status, after: place, limit: limit + 1)
            }
        }
        let views = entries.prefix(limit).compactMap { entry in
            reading(entry.id) { (task) throws(TaskError) in try TaskView(task) }
        }
        let last = entries.count > limit ? LedgerPlace(entries[limit - 1]).cursor : nil
        return (views, last)
    }

    private static func place(_ cursor: String) throws(TaskError) -> LedgerPlace {
        guard let place = LedgerPlace(cursor: cursor) else {
            throw .refused("the cursor is none that was given out; leave it out to begin with the newest task")
        }
        return place
    }

    /// The running task with this pid: an alias for callers that know nothing else.
    public func task(pid: Int32) throws(TaskError) -> TaskDirectory {
        let entries = try ledger.recovering { () throws(TaskError) in
            try reconcile()
            return try ledger.ask { (ledger) throws(LedgerError) in
                try ledger.page(status: nil, after: nil, limit: 10_000)
            }
        }
        // Those that run come first: there are few of them, and there may be thousands of others.
        for entry in entries.filter({ $0.status == .running }) + entries.filter({ $0.status != .running }) {
            let task = reading(entry.id) { (task) throws(TaskError) in try task.receipt()?.pid == pid ? task : nil }
            if let task = task ?? nil { return task }
        }
        throw .unknownTask("with pid \(pid)")
    }

    /// Tasks that run, whoever started them.
    public func running() throws(TaskError) -> [TaskID] {
        try ledger.recovering { () throws(TaskError) in
            try reconcile()
            return try ledger.ask { (ledger) throws(LedgerError) in try ledger.running() }
        }.map(\.id)
    }

    /// The ids of the tasks that begin so, the newest first, and how many there are.
    public func ids(beginning prefix: String, limit: Int) throws(TaskError) -> (ids: [String], total: Int) {
        try ledger.recovering { () throws(TaskError) in
            try reconcile()
            return try ledger.ask { (ledger) throws(LedgerError) in try ledger.ids(beginning: prefix, limit: limit) }
        }
    }

    // MARK: retention

    /// Removes tasks that ended long enough ago, the oldest ones if all together take up too much, and what front ends left
    /// that were killed while they made one.
    ///
    /// - Parameter age: Nanoseconds since the end; nil: what each task's policy says.
    /// - Returns: How many were removed. A running task never is, whatever the ledger says.
    public func prune(olderThan age: UInt64? = nil) throws(TaskError) -> Int {
        lastPrune = Clock.monotonic()
        var removed: [TaskID] = []
        for (cause, entries) in try due(olderThan: age) {
            // What can't be written down stays: its end is told nowhere else.
            let audited = entries.filter(\.isAudited)
            guard audit.act(cause.action, audited.map(\.id), because: cause.rawValue) else { continue }
            for entry in audited where try removeEnded(entry) { removed.append(entry.id) }
        }
        let damaged = removeDamaged(olderThan: age ?? Self.damagedRetention)
        _ = audit.act("prune", damaged)
        removed += damaged
        // A ledger that is made again now is made of what is still there.
        try ledger.recovering { () throws(TaskError) in
            try ledger.ask { (ledger) throws(LedgerError) in try ledger.forget(removed) }
        }
        leftovers = isTidy && removed.isEmpty ? [] : try state.sweepUnfinished()
        return removed.count
    }

    /// As `prune()`, at most once a minute: a server runs for days.
    public func pruneIfDue() throws(TaskError) {
        guard Clock.monotonic() - lastPrune >= pruneInterval else { return }
        guard try prune() > 0 else { return }
        try ledger.ask { (ledger) throws(LedgerError) in try ledger.giveBackMemory() }
        Memory.giveBackHeap()
    }

    /// What `prune` would remove now of the tasks that have ended.
    public func prunable(olderThan age: UInt64? = nil) throws(TaskError) -> [PrunableTask] {
        try due(olderThan: age).flatMap { cause, entries in entries.map { PrunableTask($0, cause) } }
    }

    private func due(
        olderThan age: UInt64?
    ) throws(TaskError) -> [(cause: PrunableTask.Cause, entries: [LedgerEntry])] {
        let now = Clock.now()
        return try ledger.recovering { () throws(TaskError) in
            try reconcile()
            guard let age else {
                let expired = try ledger.ask { (ledger) throws(LedgerError) in try ledger.expired(now: now) }
                return [(.ended, expired), (.disk, try overfull(without: Set(expired.map(\.id))))]
            }
            let old = try ledger.ask { (ledger) throws(LedgerError) in try ledger.ended() }
            return [(.age, old.filter { now - ($0.endedAt ?? now) >= Int64(clamping: age) })]
        }
    }

    /// The sum alone is asked for where that is enough.
    private func overfull(without gone: Set<TaskID>) throws(TaskError) -> [LedgerEntry] {
        let unmeasured = try ledger.ask { (ledger) throws(LedgerError) in try ledger.unmeasured() }
        let measured = unmeasured.compactMap { entry in
            reading(entry.id) { (task) throws(TaskError) in self.measured(entry, task) }
        }
        return try ledger.ask { (ledger) throws(LedgerError) in
            try ledger.record(measured)
            let all = try ledger.retained()
            guard let smallest = all.smallest, all.bytes > smallest else { return [] }
            return PrunableTask.overfull(try ledger.ended().filter { !gone.contains($0.id) })
        }
    }

    private func removeDamaged(olderThan age: UInt64) -> [TaskID] {
        var removed: [TaskID] = []
        for id in unread.keys {
            do {
                guard try TaskRemoval(state, id).removeDamaged(olderThan: age) else { continue }
                unread[id] = nil
                removed.append(id)
            } catch {
                unread[id] = error
            }
        }
        return removed
    }

    /// How long a task is kept whose policy can't be read any more, in nanoseconds.
    private static let damagedRetention: UInt64 = 3_600_000_000_000

    /// The ledger is told the truth where it took a running task for one that ended.
    private func removeEnded(_ entry: LedgerEntry) throws(TaskError) -> Bool {
        switch reading(
            entry.id,
            { (_) throws(TaskError) in
                try TaskRemoval(state, entry.id).removeEnded(at: entry.endedAt)
            })
        {
        case .removed: return true
        case .held: return false
        case .runs(let record): return try keep(LedgerEntry(record))
        // It is shown as what it is now, for as long as any ended task.
        case .changed(let record, let end): return try keep(LedgerEntry(record).ended(end))
        case nil: return unread[entry.id] == nil
        }
    }

    private func keep(_ entry: LedgerEntry) throws(TaskError) -> Bool {
        try ledger.recovering { () throws(TaskError) in
            try ledger.ask { (ledger) throws(LedgerError) in try ledger.record([entry]) }
        }
        return false
    }
}

/// A task whose directory can't be read.
public struct DamagedTask: Sendable {
    /// Its name.
    public let id: TaskID
    /// What can't be read, and why.
    public let error: TaskError
}

/// When a directory last changed.
private struct PathTime: Equatable {
    let listing: LedgerListing
    /// Whether the kernel's clock had ticked when this was read, which it does a hundred times a second or more.
    let isSettled: Bool

    init(_ directory: Int32) throws(Errno) {
        let now = Clock.now()
        let status = try FileStatus.of(directory)
        listing = LedgerListing(modified: status.modified, changed: status.changed)
        isSettled = now - status.changed > 20_000_000
    }

    static func == (left: PathTime, right: PathTime) -> Bool { left.listing == right.listing }
}

extension Optional {
    /// `map` for a function that throws a typed error.
    fileprivate func map<Value, Failure: Error>(_ body: (Wrapped) throws(Failure) -> Value) throws(Failure) -> Value? {
        guard let self else { return nil }
        return try body(self)
    }
}
