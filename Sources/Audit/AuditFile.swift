internal import Glibc
internal import JSON
internal import Kernel
internal import Records
internal import Tasks

/// The log and its head, opened and locked for appending. Whoever holds this is the only one who writes.
///
/// The order of an append: the line in one write(2), then the head in another. A process that dies in between leaves a whole
/// line that the head does not know, or a part of one; a host that goes down leaves less than the head knows, or more. The next
/// one to append sets it right, and says so in the log where bytes or lines are lost (`torn`, `gap`).
final class AuditFile {
    static let name = "audit.log"
    static let headName = "audit.head"
    /// How long another process may hold the lock, in nanoseconds: an append takes microseconds.
    private static let patience: UInt64 = 5_000_000_000

    private let log: SharedDescriptor
    private let headFile: SharedDescriptor
    private let directory: String
    /// The last line that is written.
    private(set) var head: AuditHead
    private let who: AuditWho

    /// Opens and locks the log, makes it where it is missing, and mends its end.
    init(_ state: StateDirectory, _ who: AuditWho) throws(AuditError) {
        do throws(Errno) {
            (log, headFile) = try Self.opened(state.directory.number)
            head = AuditHead.empty(bootID: try Host.bootID())
        } catch {
            throw error == Self.isBusy
                ? .busy("\(state.path)/\(Self.name)") : .system("\(state.path)/\(Self.name)", error)
        }
        (directory, self.who) = (state.path, who)
        try mend()
    }

    private static let isBusy = Errno(rawValue: EBUSY)

    private static func opened(_ directory: Int32) throws(Errno) -> (SharedDescriptor, SharedDescriptor) {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW
        let log = SharedDescriptor(try Files.open(name, flags | O_APPEND, mode: 0o600, at: directory))
        let head = SharedDescriptor(try Files.open(headName, flags, mode: 0o600, at: directory))
        guard try locked(log.number) else { throw isBusy }
        return (log, head)
    }

    private static func locked(_ log: Int32) throws(Errno) -> Bool {
        let deadline = Clock.monotonic() + patience
        while try !Files.lock(log) {
            guard Clock.monotonic() < deadline else { return false }
            var nothing = Poll()
            try nothing.wait(timeout: 200_000)
        }
        return true
    }

    // MARK: appending

    /// The next line, ready to be appended, and where it will be.
    func line(_ entry: AuditEntry) -> AuditPlace {
        let time = TimeText.timestamp(Clock.now())
        let line = AuditLine.bytes(entry, seq: head.seq + 1, time: time, previous: head.hash, who)
        return AuditPlace(offset: head.size, line: line)
    }

    /// Appends a line.
    func append(_ entry: AuditEntry) throws(AuditError) { try append(line(entry)) }

    /// Appends the next line. On a full disk, what of it was written is taken back.
    func append(_ place: AuditPlace) throws(AuditError) {
        let (before, bytes) = (head, place.line + [UInt8(ascii: "\n")])
        do throws(Errno) {
            guard try Transfer.writeOnce(log.number, bytes) == bytes.count else { throw Errno(rawValue: ENOSPC) }
            head = AuditHead(
                seq: before.seq + 1, hash: place.hash, size: before.size + UInt64(bytes.count), bootID: before.bootID)
            try writeHead()
        } catch {
            head = before
            takeBack(before.size)
            throw .system("\(directory)/\(Self.name)", error)
        }
    }

    /// A log that can only be appended to (chattr +a) keeps the bytes: the next one who appends mends it.
    private func takeBack(_ size: UInt64) {
        do { try Files.setSize(log.number, size) } catch { return }
    }

    private func writeHead() throws(Errno) { try Transfer.write(headFile.number, head.bytes, at: 0) }

    /// Waits until everything is on disk.
    func makeDurable() throws(AuditError) {
        do throws(Errno) {
            try Files.makeDurable(log.number)
            try Files.makeDurable(headFile.number)
        } catch {
            throw .system("\(directory)/\(Self.name)", error)
        }
    }

    /// Whether a line of that hash is at a place.
    func holds(_ place: AuditPlace.Note) throws(AuditError) -> Bool {
        do throws(Errno) {
            let bytes = try Transfer.read(log.number, at: place.offset, count: place.length)
            return bytes.count == place.length && SHA256.hexadecimal(bytes) == place.hash
        } catch {
            throw .system("\(directory)/\(Self.name)", error)
        }
    }

    // MARK: mending

    private func mend() throws(AuditError) {
        do throws(Errno) {
            let size = try FileStatus.of(log.number).size
            let stored = AuditHead(bytes: try Transfer.read(headFile.number, at: 0, count: 512))
            if let stored, stored.size == size {
                (head.seq, head.hash, head.size) = (stored.seq, stored.hash, stored.size)
                return
            }
            // Nothing was ever written: the head gets its room on disk before the first line, for good.
            if stored == nil, size == 0 {
                try writeHead()
                return try Files.makeDurable(headFile.number)
            }
            try mend(stored, size)
        } catch {
            throw .system("\(directory)/\(Self.name)", error)
        }
    }

    /// The rule: whole lines stay and are the chain; a part of a line is closed with a line break and a line `torn` that names
    /// its length and hash; lines that the head knows and that are gone, or a head that is gone, get a line `gap`.
    private func mend(_ stored: AuditHead?, _ size: UInt64) throws(Errno) {
        let tail = try AuditTail(log.number, size: size)
        let restarted = stored.map { $0.bootID != head.bootID } ?? false
        (head.hash, head.size) = (tail.hash, tail.size)
        head.seq = tail.seq
        var facts = JSONObject()
        if !tail.rest.isEmpty {
            _ = try Transfer.writeOnce(log.number, [UInt8(ascii: "\n")])
            head.size = size + 1
            facts["torn_bytes"] = JSON(tail.rest.count)
            facts["torn_sha256"] = .string(SHA256.hexadecimal(tail.rest))
        }
        guard let stored else {
            facts["head_missing"] = true
            return try note(AuditEntry(.gap, facts))
        }
        guard stored.seq > tail.seq else {
            if tail.rest.isEmpty { return try writeHead() }
            return try note(AuditEntry(.torn, facts))
        }
        facts["missing_from"] = JSON(tail.seq + 1)
        facts["missing_to"] = JSON(stored.seq)
        facts["missing_sha256"] = .string(stored.hash)
        facts["host_restarted"] = .bool(restarted)
        head.seq = stored.seq
        try note(AuditEntry(.gap, facts))
    }

    private func note(_ entry: AuditEntry) throws(Errno) {
        do {
            try append(entry)
        } catch {
            guard case .system(_, let errno) = error else { throw Errno(rawValue: EIO) }
            throw errno
        }
    }
}
