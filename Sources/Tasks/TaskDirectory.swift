internal import Glibc
public import Kernel
public import Records
public import Spooling

/// One task as its directory shows it. It only reads, but for the end of a task whose monitor died.
public final class TaskDirectory: Sendable {
    /// The task's name.
    public let id: TaskID
    /// The directory itself.
    public let directory: Descriptor

    /// Opens the directory of a task.
    public init(_ state: StateDirectory, _ id: TaskID) throws(TaskError) {
        self.id = id
        do {
            directory = try Files.open(id.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: state.tasks.number)
        } catch {
            if error.rawValue == ENOENT { throw .unknownTask(id.text) }
            throw .system("task \(id)", error)
        }
    }

    /// What was known of the task before it started.
    public func record() throws(TaskError) -> TaskRecord {
        let record = try decodedIfThere(.record) { (bytes) throws(RecordError) in try TaskRecord.open(bytes) }
        guard let record else { throw .unknownTask(id.text) }
        return record
    }

    /// The plan as it was handed to the airlock.
    public func plan() throws(TaskError) -> LaunchPlan {
        try decoded(.plan) { (bytes) throws(RecordError) in try LaunchPlan.open(bytes) }
    }

    /// What the monitor read from outside, or nil before it did.
    public func receipt() throws(TaskError) -> Receipt? {
        try decodedIfThere(.receipt) { (bytes) throws(RecordError) in try Receipt.open(bytes) }
    }

    /// How the task ended, or nil while it runs.
    ///
    /// A task without a record of its end whose monitor is gone is `lost`: that is written down, once, by whoever finds it.
    public func end() throws(TaskError) -> EndRecord? {
        if let end = try storedEnd() { return end }
        let lock = try openLock()
        let isAlive = try on("task \(id)") { () throws(Errno) in try Files.isLocked(lock.number) }
        // A monitor writes the end before it lets go of the lock.
        if let end = try storedEnd() { return end }
        return isAlive ? nil : try recordLoss(lock.number)
    }

    /// What names had come for which its policy's patterns stand, when its end was written to the audit log; nil: none.
    public func newMatches() throws(TaskError) -> NewMatches? {
        try decodedIfThere(.matches) { (bytes) throws(RecordError) in try NewMatches.open(bytes) }
    }

    /// Looks for such names now; nil: there are none, or nothing of it ever ran.
    public func searchNewMatches(_ end: EndRecord) throws(TaskError) -> NewMatches? {
        guard end.status != .failedToStart, let watched = try record().watched else { return nil }
        let found = MatchSearch.newMatches(of: watched)
        return found.isEmpty ? nil : found
    }

    /// Whether a monitor holds the task, which it does until everything of the task is written and taken away.
    public func isHeld() throws(TaskError) -> Bool {
        let lock = try openLock()
        return try on("task \(id)") { () throws(Errno) in try Files.isLocked(lock.number) }
    }

    private func openLock() throws(TaskError) -> Descriptor {
        do {
            return try Files.open(TaskFile.record.rawValue, O_RDONLY, at: directory.number)
        } catch {
            // It was pruned in the meantime.
            if error.rawValue == ENOENT { throw .unknownTask(id.text) }
            throw .system("task \(id)", error)
        }
    }

    private func storedEnd() throws(TaskError) -> EndRecord? {
        try decodedIfThere(.end) { (bytes) throws(RecordError) in
            // It had its name and was not on disk yet when the host went down.
            bytes.first ?? 0 == 0 ? nil : try EndRecord.open(bytes)
        } ?? nil
    }

    /// A record that was on disk when the host went down, and its name was not.
    private func unnamedEnd() throws(TaskError) -> EndRecord? {
        let file = TaskFile.unnamedEnd.rawValue
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try Files.contents(file, at: directory.number, limit: 65536)
        } catch {
            guard error.rawValue == ENOENT else { throw .system("task \(id)", error) }
            return nil
        }
        guard bytes.first ?? 0 != 0 else { return nil }
        let end = try decodedIfThere(.unnamedEnd) { (bytes) throws(RecordError) in try EndRecord.open(bytes) }
        try on("task \(id)") { () throws(Errno) in
            try Files.rename(file, to: TaskFile.end.rawValue, at: directory.number)
        }
        return end
    }

    private func recordLoss(_ lock: Int32) throws(TaskError) -> EndRecord? {
        let isOurs = try on("task \(id)") { () throws(Errno) in try Files.lock(lock) }
        // Another front end writes it down at this moment.
        guard isOurs else { return try storedEnd() }
        if let end = try storedEnd() { return end }
        if let end = try unnamedEnd() { return end }
        let record = try record()
        let hasRestarted = try on("boot id") { () throws(Errno) in try Host.bootID() } != record.bootID
        var end = EndRecord(
            status: .lost, cause: hasRestarted ? "host_restarted" : "monitor_died", endedAt: Clock.now())
        end.runtime = UInt64(clamping: end.endedAt - record.startedAt)
        end.detail = "its sandbox ended with its monitor; the moment is not known, this is when it was noticed"
        sweep(&end)
        let bytes = end.sealed
        try on("task \(id)") { () throws(Errno) in
            try Files.replace(TaskFile.end.rawValue, with: bytes, at: directory.number)
        }
        return end
    }

    /// Takes the task's group and placeholders away. What can't be swept does not keep the end from being told.
    private func sweep(_ end: inout EndRecord) {
        do {
            try AbandonedPlaceholder.remove(try plan())
        } catch {
            end.detail = "a placeholder stays: \(error)"
        }
        do {
            if try AbandonedGroup.remove(id, try plan()) {
                end.proof = EndProof(kind: .cgroupEmpty, at: Clock.now(), killed: nil)
            }
        } catch {
            end.detail = "its cgroup could not be removed: \(error)"
        }
    }

    /// Bytes that everything of it takes on disk.
    public func bytes() throws(TaskError) -> UInt64 {
        try on("task \(id)") { () throws(Errno) in
            var sum: UInt64 = 0
            for name in try Files.names(in: ".", at: directory.number) {
                sum += try FileStatus.of(name, at: directory.number, follow: false).allocated
            }
            return sum
        }
    }

    /// A reader of what the task printed.
    public func output(_ record: TaskRecord) -> SpoolReader {
        SpoolReader(directory: directory.number, limit: record.recordBytes)
    }

    private func decodedIfThere<Value>(
        _ file: TaskFile, _ open: ([UInt8]) throws(RecordError) -> Value
    ) throws(TaskError) -> Value? {
        do {
            return try decoded(file, open)
        } catch {
            if case .system(_, let errno) = error, errno.rawValue == ENOENT { return nil }
            throw error
        }
    }

    private func decoded<Value>(
        _ file: TaskFile, _ open: ([UInt8]) throws(RecordError) -> Value
    ) throws(TaskError) -> Value {
        let bytes = try on("\(file.rawValue) of task \(id)") { () throws(Errno) in
            try Files.contents(file.rawValue, at: directory.number, limit: 16 << 20)
        }
        do {
            return try open(bytes)
        } catch {
            throw .unreadable(file, "\(error)")
        }
    }
}
