internal import Glibc
internal import JSON
internal import Kernel
public import Records
public import Tasks

/// The audit log of a state directory: one line of JSON for everything that matters to a reviewer, each with the hash of the
/// line before. Any number of front ends append to it at once.
public struct AuditLog: Sendable {
    private let state: StateDirectory
    /// Who appends.
    public let who: AuditWho

    /// The log of a state directory, for one writer.
    public init(_ state: StateDirectory, _ who: AuditWho) {
        (self.state, self.who) = (state, who)
    }

    /// The same log, for a client of this front end.
    public func client(_ name: String?) -> AuditLog {
        var who = who
        who.client = name
        return AuditLog(state, who)
    }

    /// Its path, for sentences.
    public var path: String { "\(state.path)/\(AuditFile.name)" }

    /// Appends lines, all of them or an error. Nothing is waited for but the lock: fsync is for checkpoints.
    public func append(_ entries: [AuditEntry]) throws(AuditError) {
        guard !entries.isEmpty else { return }
        let file = try AuditFile(state, who)
        for entry in entries { try file.append(entry) }
    }

    /// Appends a line that signs everything before it, and makes the log durable.
    ///
    /// - Parameters:
    ///   - key: The public key, for the line.
    ///   - sign: Makes the signature of a message, 128 hexadecimal digits.
    public func checkpoint(
        key: String, sign: ([UInt8]) throws(AuditError) -> String
    ) throws(AuditError) -> AuditHead {
        let file = try AuditFile(state, who)
        let line = file.line(AuditEntry(.checkpoint, ["key": .string(key)]))
        try file.append(AuditPlace(offset: line.offset, line: try AuditLine.signed(line.line, by: sign)))
        try file.makeDurable()
        return file.head
    }

    /// The head as the last writer left it, without a lock; nil: there is none, or it can't be read as one.
    public func head() throws(AuditError) -> AuditHead? {
        do throws(Errno) {
            return AuditHead(bytes: try Files.contents(AuditFile.headName, at: state.directory.number, limit: 4096))
        } catch {
            guard error.rawValue == ENOENT else { throw .system("\(state.path)/\(AuditFile.headName)", error) }
            return nil
        }
    }

    /// Makes everything durable that is written, and returns the head of it.
    public func durableHead() throws(AuditError) -> AuditHead {
        let file = try AuditFile(state, who)
        try file.makeDurable()
        return file.head
    }

    /// Whether the log goes on from a line that was its last one once: the next line names its hash.
    ///
    /// - Parameters:
    ///   - hash: Of that line.
    ///   - size: Bytes up to and with it.
    ///   - head: The last line now.
    public func goesOn(from hash: String, at size: UInt64, to head: AuditHead) throws(AuditError) -> Bool {
        if size == head.size { return hash == head.hash }
        do throws(Errno) {
            let log = try Files.open(AuditFile.name, O_RDONLY | O_NOFOLLOW, at: state.directory.number)
            let beginning = try Transfer.read(log.number, at: size, count: 512)
            return AuditLine.place(beginning: beginning[...])?.previous == hash
        } catch {
            throw .system(path, error)
        }
    }

    // MARK: ends

    /// Writes down how a task ended, once, whoever does it first and however often: a file in the task's directory tells.
    ///
    /// The file is made under another name before the line is written, and says where the line will be: whoever finds it after
    /// a crash looks there.
    public func recordEnd(_ task: TaskDirectory, _ end: EndRecord) throws(AuditError) {
        let directory = task.directory.number
        guard try !isThere(.audited, task) else { return }
        // Before the lock, which every launch takes.
        let matches = try newMatches(task, end)
        let file = try AuditFile(state, who)
        // Another front end was faster.
        guard try !isThere(.audited, task) else { return }
        if try !(note(in: task).map { (place) throws(AuditError) in try file.holds(place) } ?? false) {
            let line = file.line(.end(task.id, end, matches))
            let isNoted = try unlessRemoved(task) { () throws(Errno) in
                // From here on every front end tells the same ones.
                if let matches { try Files.replace(TaskFile.matches.rawValue, with: matches.sealed, at: directory) }
                let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
                let note = try Files.open(TaskFile.auditing.rawValue, flags, mode: 0o600, at: directory)
                try Transfer.write(note.number, line.note)
            }
            guard isNoted else { return }
            try file.append(line)
        }
        _ = try unlessRemoved(task) { () throws(Errno) in
            try Files.rename(TaskFile.auditing.rawValue, to: TaskFile.audited.rawValue, at: directory)
        }
    }

    private func newMatches(_ task: TaskDirectory, _ end: EndRecord) throws(AuditError) -> NewMatches? {
        do throws(TaskError) {
            return try task.searchNewMatches(end)
        } catch {
            // It was pruned in the meantime, by somebody who has written its end down before.
            if case .unknownTask = error { return nil }
            throw .task(error)
        }
    }

    private func isThere(_ file: TaskFile, _ task: TaskDirectory) throws(AuditError) -> Bool {
        try unlessRemoved(task) { () throws(Errno) in
            _ = try FileStatus.of(file.rawValue, at: task.directory.number, follow: false)
        }
    }

    private func note(in task: TaskDirectory) throws(AuditError) -> AuditPlace.Note? {
        var bytes: [UInt8] = []
        _ = try unlessRemoved(task) { () throws(Errno) in
            bytes = try Files.contents(TaskFile.auditing.rawValue, at: task.directory.number, limit: 4096)
        }
        return AuditPlace.Note(bytes: bytes)
    }

    /// Whether it was done: false where the file is not there, or the task was removed in the meantime, by somebody who has
    /// written its end down before.
    private func unlessRemoved(_ task: TaskDirectory, _ body: () throws(Errno) -> Void) throws(AuditError) -> Bool {
        do throws(Errno) {
            try body()
            return true
        } catch {
            guard error.rawValue == ENOENT else { throw .system("task \(task.id)", error) }
            return false
        }
    }
}
