internal import Glibc
public import Kernel
public import Records
public import Spooling
public import Tasks

/// A state directory of a test's own, and tasks in it that no monitor has ever run.
public final class TaskBench: Sendable {
    /// What holds everything.
    public let scratch: Scratch
    /// The state directory.
    public let state: StateDirectory

    /// An empty state directory.
    public init() throws {
        scratch = try Scratch()
        state = try StateDirectory("\(scratch.path)/state")
    }

    /// What of a task is known before it starts.
    public static func record(_ number: UInt8 = 1, startedAt: Int64 = Clock.now()) throws -> TaskRecord {
        TaskRecord(
            id: TaskID(bytes: [UInt8](repeating: number, count: 16)), arguments: ["make", "all"],
            workingDirectory: "/srv/a", workspace: "/srv/a", policy: "build", policyDigest: "d1", startedAt: startedAt,
            owner: "mcp:1000", tenant: "default", bootID: try Host.bootID(),
            enforcement: [Enforcement("landlock", wanted: "required", .enforced, means: "")],
            retention: 3_600_000_000_000, recordBytes: 1 << 20, inputStaysOpen: false, wall: 0, grace: 2_000_000_000,
            retainedBytes: 10 << 30, watched: nil)
    }

    /// Makes the directory of a task.
    @discardableResult
    public func add(_ record: TaskRecord) throws -> TaskDirectory {
        try Files.makeDirectory(record.id.text, at: state.tasks.number)
        let task = try TaskDirectory(state, record.id)
        try Files.replace(
            TaskFile.record.rawValue, with: record.sealed, at: task.directory.number, durable: false)
        return task
    }

    /// Makes the directory of a task that has ended.
    @discardableResult
    public func add(_ record: TaskRecord, _ end: EndRecord) throws -> TaskDirectory {
        let task = try add(record)
        try self.end(task, end)
        return task
    }

    /// Writes down how a task ended, as its monitor does.
    public func end(_ task: TaskDirectory, _ end: EndRecord) throws {
        try Files.replace(TaskFile.end.rawValue, with: end.sealed, at: task.directory.number, durable: false)
    }

    /// Lets go of a task as a monitor that ends does, whoever still has a copy of the descriptor.
    public func unlock(_ lock: SharedDescriptor) throws {
        _ = try checked { flock(lock.number, LOCK_UN) }
    }

    /// Lets a task, or another directory of the state directory, look as if nobody had changed it for a while.
    ///
    /// - Parameter seconds: Since its last change.
    public func age(_ name: String, seconds: Int) throws {
        let time = timespec(tv_sec: time(nil) - seconds, tv_nsec: 0)
        let times = [time, time]
        _ = try checked { utimensat(state.directory.number, name, times, 0) }
    }

    /// Makes a file in a task's directory, over what is there.
    public func write(_ text: String, _ file: TaskFile, _ task: TaskDirectory) throws {
        try Files.replace(file.rawValue, with: Array(text.utf8), at: task.directory.number, durable: false)
    }

    /// Records what the task prints, as its monitor does.
    public func spool(_ task: TaskDirectory) throws -> SpoolWriter {
        SpoolWriter(directory: task.directory.number, limit: try task.record().recordBytes)
    }

    /// The lock that a monitor holds as long as it lives.
    public func lock(_ task: TaskDirectory) throws -> SharedDescriptor {
        let file = try Files.open(TaskFile.record.rawValue, O_RDONLY, at: task.directory.number)
        guard try Files.lock(file.number) else { throw Errno(rawValue: EBUSY) }
        return SharedDescriptor(file)
    }
}

extension EndRecord {
    /// The end of a task that exited a moment ago.
    public static func exited(_ code: Int32, at time: Int64 = Clock.now()) -> EndRecord {
        var end = EndRecord(status: .exited, cause: "exit", endedAt: time)
        end.exitCode = code
        end.proof = EndProof(kind: .initReaped, at: time, killed: 0)
        return end
    }
}

extension SpoolWriter {
    /// Records text.
    public func append(_ text: String, _ stream: SpoolStream = .stdout) throws(Errno) {
        try append(Array(text.utf8), stream)
    }

    /// Records bytes.
    public func append(_ bytes: [UInt8], _ stream: SpoolStream = .stdout) throws(Errno) {
        var failure: Errno?
        bytes.withUnsafeBytes { raw in
            do throws(Errno) { try append(stream, raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
