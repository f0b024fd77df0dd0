internal import Audit
internal import AuditSigning
internal import JSON
internal import Ledger
internal import Records
internal import Tasks

/// What a server program does for the audit log besides appending to it: it signs checkpoints, and keeps the head in the ledger.
final class AuditKeeping {
    /// The log.
    let log: AuditLog
    private let state: StateDirectory
    private let ledger: SharedLedger
    /// What could not be written when it was last tried.
    private(set) var failure: AuditError?

    /// So many lines are signed at the latest when a server program looks at the tasks.
    static let interval: UInt64 = 256

    init(_ state: StateDirectory, _ ledger: SharedLedger, _ log: AuditLog) {
        (self.state, self.ledger, self.log) = (state, ledger, log)
    }

    /// Writes down the end of a task, unless somebody has. Where that can't be done now, it is tried again at the next listing.
    func ended(_ task: TaskDirectory, _ end: EndRecord) -> Bool {
        do {
            try log.recordEnd(task, end)
            failure = nil
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Writes down what somebody does to tasks; a line names a hundred of them.
    ///
    /// - Returns: Whether that could be done.
    func act(_ action: String, _ tasks: [TaskID], because cause: String? = nil) -> Bool {
        let by = "\(log.who.frontEnd):\(log.who.uid)"
        let parts = stride(from: 0, to: tasks.count, by: 100).map { tasks[$0..<min($0 + 100, tasks.count)] }
        let detail = JSONObject(present: ["because": cause.map(JSON.string)])
        do {
            try log.append(parts.map { .act(action, by: by, Array($0), detail) })
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Keeps the head in the ledger, and signs what is not signed yet if that is much, or if it is asked for.
    ///
    /// - Parameter signs: Whether everything is signed now.
    func keep(signs: Bool = false) throws(AuditError) {
        guard let head = try log.head(), head.seq > 0 else { return }
        let known = try kept()
        // A new head over one that is not in the log any more would hide what was done to it.
        if let known {
            let isWhole = try log.goesOn(from: known.hash, at: known.size, to: head)
            guard isWhole, head.seq >= known.seq else { throw .cut(log.path) }
        }
        let unsigned = head.seq - min(known?.checkpoint ?? 0, head.seq)
        if unsigned > (signs ? 0 : Self.interval) {
            let signed = try HostKey(state).checkpoint(log)
            return try keep(signed, checkpoint: signed.seq)
        }
        guard head.seq != known?.seq else { return }
        try keep(try log.durableHead(), checkpoint: known?.checkpoint ?? 0)
    }

    /// As `keep`; what can't be kept now is kept at the next listing.
    func keepIfPossible() {
        do { try keep() } catch { failure = failure ?? error }
    }

    private func kept() throws(AuditError) -> LedgerAuditHead? {
        do throws(TaskError) {
            return try ledger.ask { (ledger) throws(LedgerError) in try ledger.auditHead() }
        } catch {
            throw .task(error)
        }
    }

    private func keep(_ head: AuditHead, checkpoint: UInt64) throws(AuditError) {
        do throws(TaskError) {
            try ledger.ask { (ledger) throws(LedgerError) in
                try ledger.keep(
                    LedgerAuditHead(seq: head.seq, hash: head.hash, size: head.size, checkpoint: checkpoint))
            }
        } catch {
            throw .task(error)
        }
    }
}
