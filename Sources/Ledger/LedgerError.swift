/// A ledger that can't be used. The task directories are the truth; the ledger can always be made again from them.
public struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What SQLite said.
    public let message: String
    /// Whether the file is no ledger any more, so that only making it again helps.
    public let isDamaged: Bool

    init(_ message: String, isDamaged: Bool = false) {
        (self.message, self.isDamaged) = (message, isDamaged)
    }

    /// What SQLite said.
    public var description: String { "the ledger: \(message)" }
}
