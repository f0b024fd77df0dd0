internal import Records

/// What a person is asked before a command of `commands.ask` is started. The answer holds for exactly this: whatever of it is
/// another when the task is started has to be asked for again.
public struct ApprovalQuestion: Sendable {
    /// argv as the caller meant it.
    public let arguments: [String]
    /// argv as it would be executed: for a script, its interpreter's.
    public let executed: [String]
    /// The files that would run: the program, or a script and what its `#!` lines lead to.
    public let files: [ProgramIdentity]
    /// The file of the entry that asks: what the kernel's list has to have besides the allowed programs.
    public let asked: ProgramIdentity
    /// Where it would start.
    public let workingDirectory: String
    /// Its workspace; nil: none.
    public let workspace: String?
    /// Variables that the caller sets.
    public let variables: [EnvironmentVariable]
    /// What is said of its standard input; nil: nothing of it comes from the caller.
    public let input: String?
    /// The policy's name.
    public let policy: String
    /// The policy's digest, 64 hexadecimal digits.
    public let policyDigest: String
    /// Why it is asked: the entry first, then what the command could do with the permission.
    public let reasons: [Reason]

    /// A question with every part named.
    public init(
        arguments: [String], executed: [String], files: [ProgramIdentity], asked: ProgramIdentity,
        workingDirectory: String, workspace: String?, variables: [EnvironmentVariable], input: String?, policy: String,
        policyDigest: String, reasons: [Reason]
    ) {
        (self.arguments, self.executed, self.files, self.asked) = (arguments, executed, files, asked)
        (self.workingDirectory, self.workspace) = (workingDirectory, workspace)
        (self.variables, self.input) = (variables, input)
        (self.policy, self.policyDigest, self.reasons) = (policy, policyDigest, reasons)
    }

    /// Bytes of a text that a person can be expected to read before they answer.
    private static let limit = 4096

    /// The question for a person, several lines, nothing of it cut; nil: it is too long to be read, and so can't be asked.
    public var text: String? {
        guard arguments.reduce(0, { $0 + $1.utf8.count }) <= Self.limit else { return nil }
        var lines = [
            "Run this command once?", "  \(arguments.map(Self.shown).joined(separator: " "))",
            "program: \(files.map { Self.shown($0.path) }.joined(separator: ", run by "))",
            "directory: \(Self.shown(workingDirectory))", "workspace: \(workspace.map(Self.shown) ?? "none")",
            "policy: \(Self.shown(policy)) (\(policyDigest.prefix(16)))",
        ]
        if !variables.isEmpty {
            lines.append("variables: \(variables.map { Self.shown($0.assignment) }.joined(separator: " "))")
        }
        if let input { lines.append("input: \(input)") }
        lines += reasons.map { "because: \(VisibleText.bounded($0.description, limit: Self.limit))" }
        let text = lines.joined(separator: "\n")
        return text.utf8.count > Self.limit ? nil : text
    }

    /// A word in such a way that two different ones never look the same: in quotes unless it is plain.
    private static func shown(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./=:,@%+".utf8.contains(byte)
        }
        guard !isPlain || word.isEmpty else { return word }
        var text = ""
        for scalar in word.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case _ where VisibleText.isVisible(scalar): text.unicodeScalars.append(scalar)
            default: text += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return "\"\(text)\""
    }
}

extension ApprovalQuestion: Equatable {
    /// Byte for byte: to Swift, two ways of writing one accented letter are equal; to a program they are not.
    public static func == (left: ApprovalQuestion, right: ApprovalQuestion) -> Bool { left.bytes == right.bytes }

    private var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(arguments)
        writer.write(executed)
        writer.write(files)
        writer.write(asked)
        writer.write(workingDirectory)
        writer.write(workspace) { $0.write($1) }
        writer.write(variables)
        writer.write(input) { $0.write($1) }
        writer.write(policy)
        writer.write(policyDigest)
        writer.write(reasons.map(\.description))
        return writer.bytes
    }
}

/// A person's yes to one question.
public struct Approval: Equatable, Sendable {
    /// What the line of the answer in the audit log is found by.
    public let id: String
    /// What was asked.
    public let question: ApprovalQuestion

    /// An approval of what a question says.
    public init(id: String, _ question: ApprovalQuestion) {
        (self.id, self.question) = (id, question)
    }
}

/// How a question was answered.
public enum ApprovalAnswer: String, Sendable, CaseIterable {
    /// It may be started, once.
    case approved
    /// It may not.
    case declined
    /// The question was put away without an answer.
    case cancelled
    /// Nobody answered in time, or nobody could be asked after all.
    case unanswered
}
