internal import Kernel
internal import Ledger
public import Records
public import Tasks

/// All tasks of a state directory. The directories are the truth; the ledger, brought up to date with them at every
/// listing, is what makes the listing cheap.
public final class TaskCollection {
    private let state: StateDirectory
    private var ledger: Ledger
    private var seen: PathTime?

    private static let file = "ledger.sqlite"

    /// Opens the ledger. A damaged one is set aside and made again from the directories.
    public init(_ state: StateDirectory) throws(TaskError) {
        self.state = state
        ledger = try Self.opened(state)
        // Every front end that lists tasks takes away what has been kept long enough.
        _ = try prune()
    }

    private static func opened(_ state: StateDirectory) throws(TaskError) -> Ledger {
        let path = "\(state.path)/\(file)"
        do throws(LedgerError) {
            return try Ledger(path)
        } catch {
            guard error.isDamaged else { throw .refused(error.description) }
        }
        try on(path) { () throws(Errno) in
            for suffix in ["", "-wal", "-shm"] {
                try Files.renameIfThere("\(file)\(suffix)", to: "\(file).damaged\(suffix)", at: state.directory.number)
            }
        }
        return try ledgered { () throws(LedgerError) in try Ledger(path) }
    }

    // MARK: keeping up

    /// Takes in what other front ends started, and what ended in the meantime.
    private func reconcile() throws(TaskError) {
        try adoptNew()
        for entry in try ledgered({ () throws(LedgerError) in try ledger.running() }) { try refresh(entry) }
    }

    private func adoptNew() throws(TaskError) {
        let time = try on(state.path) { () throws(Errno) in try PathTime(state.tasks.number) }
        guard time != seen else { return }
        let there = Set(try state.taskIDs())
        let known = try ledgered { () throws(LedgerError) in try ledger.ids() }
        var entries: [LedgerEntry] = []
        for id in there.subtracting(known) {
            if let task = try directory(id) { entries.append(try entry(task)) }
        }
        try ledgered { () throws(LedgerError) in
            try ledger.record(entries)
            try ledger.forget(Array(known.subtracting(there)))
        }
        seen = time
    }

    private func entry(_ task: TaskDirectory) throws(TaskError) -> LedgerEntry {
        let entry = LedgerEntry(try task.record())
        return try task.end().map { entry.ended($0) } ?? entry
    }

    private func refresh(_ entry: LedgerEntry) throws(TaskError) {
        guard let task = try directory(entry.id) else { return }
        guard let end = try task.end() else { return }
        try ledgered { () throws(LedgerError) in try ledger.record([entry.ended(end)]) }
    }

    /// Nil if it was pruned in the meantime.
    private func directory(_ id: TaskID) throws(TaskError) -> TaskDirectory? {
        do throws(TaskError) {
            return try TaskDirectory(state, id)
        } catch {
            guard case .unknownTask = error else { throw error }
            return nil
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
        try reconcile()
        let entries = try ledgered { () throws(LedgerError) in
            try ledger.page(status: status, after: place, limit: limit + 1)
        }
        var views: [TaskView] = []
        for entry in entries.prefix(limit) {
            if let task = try directory(entry.id) { views.append(try TaskView(task)) }
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
        try reconcile()
        for entry in try ledgered({ () throws(LedgerError) in try ledger.page(status: nil, after: nil, limit: 10_000) })
        {
            guard let task = try directory(entry.id) else { continue }
            if try task.receipt()?.pid == pid { return task }
        }
        throw .unknownTask("with pid \(pid)")
    }

    // MARK: retention

    /// Removes tasks that ended long enough ago.
    ///
    /// - Parameter age: Nanoseconds since the end; nil: what each task's policy says.
    /// - Returns: How many were removed. A running task never is.
    public func prune(olderThan age: UInt64? = nil) throws(TaskError) -> Int {
        try reconcile()
        let now = Clock.now()
        let expired = try ledgered { () throws(LedgerError) in
            guard let age else { return try ledger.expired(now: now) }
            return try ledger.page(status: nil, after: nil, limit: .max)
                .filter { $0.endedAt.map { now - $0 >= Int64(clamping: age) } ?? false }
        }
        for entry in expired {
            try on("task \(entry.id)") { () throws(Errno) in
                try Files.removeTree(entry.id.text, at: state.tasks.number)
            }
        }
        try ledgered { () throws(LedgerError) in try ledger.forget(expired.map(\.id)) }
        try state.sweepUnfinished()
        return expired.count
    }
}

/// When a directory last changed.
private struct PathTime: Equatable {
    let modified: Int64
    let changed: Int64

    init(_ directory: Int32) throws(Errno) {
        let status = try FileStatus.of(directory)
        (modified, changed) = (status.modified, status.changed)
    }
}

/// Runs a system call and names its subject in the failure.
private func on<Result: ~Copyable>(_ subject: String, _ body: () throws(Errno) -> Result) throws(TaskError) -> Result {
    do {
        return try body()
    } catch {
        throw .system(subject, error)
    }
}

/// Turns an error of the ledger into one of its tasks.
private func ledgered<Value>(_ body: () throws(LedgerError) -> Value) throws(TaskError) -> Value {
    do {
        return try body()
    } catch {
        throw .refused(error.description)
    }
}

extension Optional {
    /// `map` for a function that throws a typed error.
    fileprivate func map<Value, Failure: Error>(_ body: (Wrapped) throws(Failure) -> Value) throws(Failure) -> Value? {
        guard let self else { return nil }
        return try body(self)
    }
}
