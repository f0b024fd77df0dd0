public import Records

/// One `[[test]]`: a command, and what the policy's author expects of it.
public struct PolicyTest: Equatable, ByteCodable {
    /// The command.
    public var run: [String]
    /// What is expected.
    public var expect: TestExpectation
    /// The key that must be the reason, such as `commands.rule`.
    public var because: String?
    /// Where it was written.
    public var origin: Origin

    /// A command and what is expected of it.
    public init(run: [String], expect: TestExpectation, because: String? = nil, origin: Origin) {
        (self.run, self.expect, self.because, self.origin) = (run, expect, because, origin)
    }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
        writer.write(run)
        writer.write(expect)
        writer.write(because) { $0.write($1) }
        writer.write(origin)
    }

    /// Reads every field.
    public init(from reader: inout ByteReader) throws(RecordError) {
        run = try reader.strings()
        expect = try reader.value()
        because = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        origin = try reader.value()
    }
}

extension TestExpectation: ByteCodable {
    /// The words of a policy file: `refused`, `allowed`, `blocked`, `exits 1`.
    public init?(word: String) {
        switch word {
        case "refused": self = .refused
        case "allowed": self = .allowed
        case "blocked": self = .blocked
        default:
            guard word.hasPrefix("exits "), let code = UInt8(word.dropFirst(6)) else { return nil }
            self = .exits(code)
        }
    }

    /// As a policy file writes it.
    public var word: String {
        switch self {
        case .refused: "refused"
        case .allowed: "allowed"
        case .blocked: "blocked"
        case .exits(let code): "exits \(code)"
        }
    }

    /// Writes the word.
    public func encode(to writer: inout ByteWriter) { writer.write(word) }

    /// Reads the word.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let start = reader.position
        let word = try reader.string()
        guard let expectation = TestExpectation(word: word) else {
            throw .malformed("\(word) is nothing that a test can expect", at: start)
        }
        self = expectation
    }
}
