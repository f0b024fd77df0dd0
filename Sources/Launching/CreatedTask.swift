internal import Glibc
internal import Kernel
internal import Records
internal import Tasks

/// The directory of a task that is about to start. Its lock is held from before anybody can see it.
final class CreatedTask {
    /// The directory.
    let directory: Descriptor
    /// The locked record; the lock lives as long as any copy of this descriptor, the monitor's for example.
    let lock: Descriptor
    /// Listens for those who want something of the task; the monitor takes it over.
    let control: Descriptor
    private let name: String
    private let state: StateDirectory

    /// Makes the directory under a name that nobody looks at, fills it, and then gives it its name.
    init(_ record: TaskRecord, plan: [UInt8], _ state: StateDirectory) throws(LaunchError) {
        let (parent, hidden) = (state.tasks.number, StateDirectory.unfinished + record.id.text)
        try on("making a directory in \(state.path)/tasks", remedy: Self.remedy) { () throws(Errno) in
            try Files.makeDirectory(hidden, at: parent)
        }
        do throws(LaunchError) {
            directory = try on("the task's directory") { () throws(Errno) in
                try Files.open(hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
            }
            let number = directory.number
            lock = try Self.fill(number, record, plan)
            control = try on("the task's control socket") { () throws(Errno) in
                try LocalSocket.listen(at: number, "control")
            }
            let id = record.id.text
            try on("naming the task's directory") { () throws(Errno) in try Files.rename(hidden, to: id, at: parent) }
        } catch {
            throw error.undoing { () throws(LaunchError) in
                try on("removing the task's directory") { () throws(Errno) in try Files.removeTree(hidden, at: parent) }
            }
        }
        (name, self.state) = (record.id.text, state)
    }

    static let remedy = "free some space, or name another state directory with --state DIR"

    /// Writes record and plan; the record is locked while its directory still has no name.
    private static func fill(_ directory: Int32, _ record: TaskRecord, _ plan: [UInt8]) throws(LaunchError)
        -> Descriptor
    {
        try on("writing the task's record", remedy: remedy) { () throws(Errno) in
            let flags = O_RDWR | O_CREAT | O_EXCL
            let lock = try Files.open(TaskFile.record.rawValue, flags, mode: 0o600, at: directory)
            guard try Files.lock(lock.number) else { throw Errno(rawValue: EBUSY) }
            try Transfer.write(lock.number, record.sealed)
            let file = try Files.open(TaskFile.plan.rawValue, flags, mode: 0o600, at: directory)
            try Transfer.write(file.number, plan)
            return lock
        }
    }

    /// Takes everything away again: nothing was started.
    func remove() throws(LaunchError) {
        try on("removing the task's directory") { () throws(Errno) in
            try Files.removeTree(name, at: state.tasks.number)
        }
    }
}
