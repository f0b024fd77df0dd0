/// What is known of a log from elsewhere, and how its signatures are checked.
public struct AuditExpectation: Sendable {
    /// The head beside the log; nil: there is none, or it can't be read as one.
    public var head: AuditHead?
    /// The last line that the ledger knows; nil: it knows none.
    public var ledger: (seq: UInt64, hash: String)?
    /// A hash that one of the lines must have.
    public var hash: String?
    /// Public keys that may have signed; empty: any, which proves little.
    public var keys: [String] = []
    /// The kernel's boot id now.
    public var bootID: String
    /// Whether a signature is one of a message by a public key, all in hexadecimal digits but the message.
    public var isSigned: @Sendable (_ message: [UInt8], _ signature: String, _ key: String) -> Bool

    /// Nothing known but how to check.
    public init(
        bootID: String, isSigned: @escaping @Sendable (_ message: [UInt8], _ signature: String, _ key: String) -> Bool
    ) {
        (self.bootID, self.isSigned) = (bootID, isSigned)
    }
}
