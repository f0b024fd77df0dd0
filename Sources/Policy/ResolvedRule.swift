public import Records

/// A `[[commands.rule]]` after its names were looked up on the host.
public struct ResolvedRule: Hashable, ByteCodable {
    /// The program as it was written.
    public let spelling: String
    /// The file that the program is here.
    public let program: ProgramIdentity
    /// Shapes of which the arguments must match one; empty: any arguments.
    public let allowArguments: [ArgumentShape]
    /// Shapes of which the arguments must match none.
    public let denyArguments: [ArgumentShape]
    /// What the kernel lets it execute besides the allowed programs.
    public let children: [ProgramIdentity]
    /// The digest that the program's file must have, in lower-case hexadecimal.
    public let sha256: String?
    /// Why the rule is there.
    public let reason: String
    /// Where it was written.
    public let origin: Origin

    /// A rule, the file that its program is, and the files that its children are.
    public init(_ rule: CommandRule, program: ProgramIdentity, children: [ProgramIdentity]) {
        (spelling, self.program, self.children) = (rule.program, program, children)
        allowArguments = rule.allowArguments.map(ArgumentShape.init)
        denyArguments = rule.denyArguments.map(ArgumentShape.init)
        (sha256, reason, origin) = (rule.sha256, rule.reason, rule.origin)
    }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
        writer.write(spelling)
        writer.write(program)
        writer.write(allowArguments)
        writer.write(denyArguments)
        writer.write(children)
        writer.write(sha256) { $0.write($1) }
        writer.write(reason)
        writer.write(origin)
    }

    /// Reads every field.
    public init(from reader: inout ByteReader) throws(RecordError) {
        spelling = try reader.string()
        program = try reader.value()
        allowArguments = try reader.values()
        denyArguments = try reader.values()
        children = try reader.values()
        sha256 = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        reason = try reader.string()
        origin = try reader.value()
    }
}
