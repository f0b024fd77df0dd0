/// Something that a log that was only ever appended to does not have.
public struct AuditFinding: Sendable, Equatable {
    /// What sort of change it shows.
    public enum Kind: String, Sendable {
        /// A line is not what it was when the next one was written.
        case edited
        /// Lines that were there are gone.
        case missing
        /// A line stands where it was not written.
        case order
        /// A line was put in.
        case inserted
        /// The log ends before lines that are known to have been written.
        case truncated
        /// A checkpoint was not signed by the key of this host, or signs something else.
        case signature
        /// The file with the last line's hash does not belong to this log.
        case head
    }

    /// What sort of change it shows.
    public let kind: Kind
    /// The line of the file, counted from 1; 0: the log as a whole.
    public let line: Int
    /// What was found.
    public let message: String
    /// What to do.
    public let remedy: String

    init(_ kind: Kind, line: Int, _ message: String, remedy: String = AuditFinding.compare) {
        (self.kind, self.line, self.message, self.remedy) = (kind, line, message, remedy)
    }

    static let compare =
        "keep the file as it is, and compare it with a copy from elsewhere: what the last checkpoint before this line signs can be relied on"
}

/// What a verification came to.
public struct AuditReport: Sendable, Equatable {
    /// Signs of tampering, in the order of the file.
    public internal(set) var findings: [AuditFinding] = []
    /// What a crash leaves, and what can't be said, with the line.
    public internal(set) var notes: [Note] = []
    /// How many whole lines there are.
    public internal(set) var lines = 0
    /// Number of the last line; 0: there is none.
    public internal(set) var lastSeq: UInt64 = 0
    /// The hash of the last line, for `--head` later.
    public internal(set) var head = AuditHead.zeros
    /// Everything up to this number is covered by a good signature; 0: nothing is.
    public internal(set) var signedSeq: UInt64 = 0
    /// The public key that signed it.
    public internal(set) var key: String?

    /// A remark about a line that is no sign of tampering.
    public struct Note: Sendable, Equatable {
        /// The line of the file, counted from 1; 0: the log as a whole.
        public let line: Int
        /// The remark.
        public let message: String
    }

    /// Whether nothing of the sort was found.
    public var isWhole: Bool { findings.isEmpty }
}
