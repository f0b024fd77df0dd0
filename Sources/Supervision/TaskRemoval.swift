internal import Glibc
internal import Kernel
internal import Records
internal import Tasks

/// The removal of one task's directory. The task's lock says whether it may be: it is held for as long as anything of the
/// task is running or being written, and for the removal it is held here.
struct TaskRemoval {
    /// What came of it.
    enum Outcome {
        case removed
        /// It has not ended.
        case runs(TaskRecord)
        /// It has ended, at another time than its entry in the ledger says: a new end was written for one that was lost.
        case changed(TaskRecord, EndRecord)
        /// It has ended, and its monitor still has something to pass on or to take away.
        case held
    }

    private let state: StateDirectory
    private let id: TaskID

    init(_ state: StateDirectory, _ id: TaskID) {
        (self.state, self.id) = (state, id)
    }

    /// Removes the task if it has ended.
    ///
    /// - Parameter time: When the ledger says that it ended.
    func removeEnded(at time: Int64?) throws(TaskError) -> Outcome {
        let task = try TaskDirectory(state, id)
        guard let end = try task.end() else { return .runs(try task.record()) }
        guard end.endedAt == time else { return .changed(try task.record(), end) }
        guard case .taken(let lock) = try lock(task) else { return .held }
        try remove()
        withExtendedLifetime(lock) {}
        return .removed
    }

    /// Removes a task that can't be read, if nothing of it runs and nothing in it changed for a while.
    ///
    /// - Parameter age: In nanoseconds.
    func removeDamaged(olderThan age: UInt64) throws(TaskError) -> Bool {
        let task: TaskDirectory
        do throws(TaskError) {
            task = try TaskDirectory(state, id)
        } catch {
            // Not even a directory: there is no lock to ask, and nobody of ours made it.
            return false
        }
        let changed = try on("task \(id)") { () throws(Errno) in try FileStatus.of(task.directory.number).modified }
        guard Clock.now() - changed >= Int64(clamping: age), try TaskControl(task) == nil else { return false }
        let lock = try lock(task)
        if case .held = lock { return false }
        try remove()
        withExtendedLifetime(lock) {}
        return true
    }

    private enum Lock {
        case taken(SharedDescriptor)
        case held
        /// There is no record that could be locked.
        case missing
    }

    private func lock(_ task: TaskDirectory) throws(TaskError) -> Lock {
        do throws(Errno) {
            let record = try Files.open(TaskFile.record.rawValue, O_RDONLY | O_NOFOLLOW, at: task.directory.number)
            return try Files.lock(record.number) ? .taken(SharedDescriptor(record)) : .held
        } catch {
            guard error.rawValue == ENOENT else { throw .system("task \(id)", error) }
            return .missing
        }
    }

    /// In one step for whoever looks at it; what is left of a removal that was interrupted is swept like what never began.
    private func remove() throws(TaskError) {
        try on("task \(id)") { () throws(Errno) in
            let hidden = StateDirectory.removed + id.text
            try Files.rename(id.text, to: hidden, at: state.tasks.number)
            try Files.removeTree(hidden, at: state.tasks.number)
        }
    }
}
