internal import Glibc
internal import Kernel
internal import Ledger
internal import Tasks

/// The ledger of a state directory as it is there now: another front end may have made it again, and then it is opened
/// again; a damaged one is set aside and made again, here or there, whoever finds it.
///
/// A new ledger is empty: whoever uses it brings it up to date with the task directories first.
final class SharedLedger {
    private let state: StateDirectory
    private var ledger: Ledger
    private var file: FileStatus?
    private var isDamaged = false
    /// Raised whenever another file is in use: what was learned of the one before holds no more.
    private(set) var generation = 0

    private static let name = "ledger.sqlite"
    private static let lockName = "ledger.lock"
    /// How long another front end may take to make it again, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000
    private static let attempts = 3

    /// Opens the ledger, and makes it where it is missing.
    init(_ state: StateDirectory) throws(TaskError) {
        self.state = state
        ledger = try Self.opened(state)
        file = try Self.status(state)
    }

    /// The ledger if it is there; none is made.
    static func existing(_ state: StateDirectory) throws(TaskError) -> SharedLedger? {
        try status(state) == nil ? nil : try SharedLedger(state)
    }

    private static func opened(_ state: StateDirectory) throws(TaskError) -> Ledger {
        do throws(LedgerError) {
            return try Ledger("\(state.path)/\(name)")
        } catch {
            guard error.isDamaged else { throw .refused(error.description) }
            return try remade(state, damaged: nil)
        }
    }

    /// Asks the ledger something.
    func ask<Value>(_ body: (Ledger) throws(LedgerError) -> Value) throws(TaskError) -> Value {
        do {
            return try body(ledger)
        } catch {
            isDamaged = error.isDamaged
            throw .refused(error.description)
        }
    }

    /// Does something that begins with bringing the ledger up to date; from the beginning, on another ledger, if this one turns
    /// out to be damaged. Somebody may damage the next one, too, but not for ever.
    func recovering<Value>(_ body: () throws(TaskError) -> Value) throws(TaskError) -> Value {
        try reopenIfReplaced()
        for _ in 0..<Self.attempts {
            do {
                return try body()
            } catch {
                guard isDamaged else { throw error }
            }
            isDamaged = false
            try use(try Self.remade(state, damaged: file))
        }
        return try body()
    }

    private func reopenIfReplaced() throws(TaskError) {
        let now = try Self.status(state)
        if let now, let file, now.isSameFile(as: file) { return }
        try use(try Self.opened(state))
    }

    private func use(_ other: Ledger) throws(TaskError) {
        ledger = other
        file = try Self.status(state)
        generation += 1
    }

    private static func status(_ state: StateDirectory) throws(TaskError) -> FileStatus? {
        do throws(Errno) {
            return try FileStatus.of(name, at: state.directory.number, follow: false)
        } catch {
            guard error.rawValue == ENOENT else { throw .system("\(state.path)/\(name)", error) }
            return nil
        }
    }

    // MARK: making it again

    /// A sound ledger: the one that another front end made in the meantime, or a new one. Two that set aside at once would set
    /// aside each other's.
    ///
    /// - Parameter damaged: The file in which damage was seen. It is not asked again: what SQLite finds when it checks a file is
    ///   not all that it can meet when it uses it.
    private static func remade(_ state: StateDirectory, damaged: FileStatus?) throws(TaskError) -> Ledger {
        let lock = try lock(state)
        defer { withExtendedLifetime(lock) {} }
        if let there = try soundLedger(state, otherThan: damaged) { return there }
        try on("\(state.path)/\(name)") { () throws(Errno) in
            for suffix in ["", "-wal", "-shm"] {
                try Files.renameIfThere("\(name)\(suffix)", to: "\(name).damaged\(suffix)", at: state.directory.number)
            }
        }
        do throws(LedgerError) {
            return try Ledger("\(state.path)/\(name)")
        } catch {
            throw .refused(error.description)
        }
    }

    private static func soundLedger(
        _ state: StateDirectory, otherThan damaged: FileStatus?
    ) throws(TaskError) -> Ledger? {
        if let damaged, let now = try status(state), now.isSameFile(as: damaged) { return nil }
        do throws(LedgerError) {
            let there = try Ledger("\(state.path)/\(name)")
            try there.verify()
            return there
        } catch {
            guard error.isDamaged else { throw .refused(error.description) }
            return nil
        }
    }

    private static func lock(_ state: StateDirectory) throws(TaskError) -> SharedDescriptor {
        try on("\(state.path)/\(lockName)") { () throws(Errno) in
            let flags = O_RDWR | O_CREAT | O_NOFOLLOW
            let file = try Files.open(lockName, flags, mode: 0o600, at: state.directory.number)
            let deadline = Clock.monotonic() + patience
            while try !Files.lock(file.number) {
                guard Clock.monotonic() < deadline else { throw Errno(rawValue: EBUSY) }
                var nothing = Poll()
                try nothing.wait(timeout: 10_000_000)
            }
            return SharedDescriptor(file)
        }
    }
}

/// Runs a system call and names its subject in the failure.
func on<Result: ~Copyable>(_ subject: String, _ body: () throws(Errno) -> Result) throws(TaskError) -> Result {
    do {
        return try body()
    } catch {
        throw .system(subject, error)
    }
}
