/// Why a command was allowed or refused, one step of it.
public struct Reason: Equatable, Sendable, CustomStringConvertible {
    /// A sentence for the caller.
    public let text: String
    /// The key that decided, such as `commands.allow` or `commands.rule`.
    public let rule: String
    /// Where the key that decided was set; nil: it is none that a file could set.
    public let origin: Origin?

    /// A step, and where the key that took it was set.
    public init(_ text: String, rule: String, origin: Origin?) {
        (self.text, self.rule, self.origin) = (text, rule, origin)
    }

    /// The policy file, or `environment:NAME`; nil: no file says anything about it.
    public var file: String? { origin == .standard ? nil : origin?.file }

    /// The line in the file, counted from 1; 0 where there are none.
    public var line: Int { origin?.line ?? 0 }

    /// The sentence and the place.
    public var description: String {
        guard let origin else { return "\(text) (\(rule))" }
        guard origin != .standard else { return "\(text) (\(rule), which no policy file sets)" }
        return line == 0 ? "\(text) (\(rule), \(origin.file))" : "\(text) (\(rule), \(origin.file):\(line))"
    }
}

/// The answer to one command.
public struct Decision: Equatable, Sendable {
    /// What may be answered.
    public enum Verdict: String, Sendable {
        /// The command may be started.
        case allowed
        /// It may not.
        case refused
        /// A person has to approve it; where nobody can be asked, it is refused.
        case ask
        /// No such program was found.
        case notFound = "not_found"
    }

    /// The answer.
    public var verdict: Verdict
    /// What `end.cause` says of a refusal: the table of the policy, such as `commands`, `ask` or `environment`.
    public var key: String
    /// Why; the first one decided.
    public var reasons: [Reason]
    /// Whether, once started, it can run whatever it is told to: only the kernel's list holds it then.
    public var arbitraryCode = false
    /// Commands of the list that are close to what was asked for, the closest first; at most five.
    public var nearestAllowed: [String] = []
    /// The file of the entry that wants a person's approval; nil: none does.
    public var asked: ProgramIdentity?
    /// The digest that the program's file must have, where a rule pins it: whoever launches it checks this.
    public var requiredDigest: String?

    /// An answer with its first reason.
    public init(_ verdict: Verdict, key: String, reasons: [Reason]) {
        (self.verdict, self.key, self.reasons) = (verdict, key, reasons)
    }

    /// Whether the command may be started.
    public var isAllowed: Bool { verdict == .allowed }
}
