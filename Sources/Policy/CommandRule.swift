public import Records

/// One `[[commands.rule]]`: what more is asked of the arguments of one program, and what it may start itself.
public struct CommandRule: Hashable, ByteCodable {
    /// The program, a name or an absolute path.
    public var program: String
    /// Shapes of which the arguments must match one; empty: any arguments.
    public var allowArguments: [String] = []
    /// Shapes of which the arguments must match none.
    public var denyArguments: [String] = []
    /// What the kernel lets it execute besides the allowed programs: names, absolute paths, and paths with `*` in them.
    public var children: [String] = []
    /// The digest that the program's file must have, 64 lower-case hexadecimal digits.
    public var sha256: String?
    /// Why the rule is there, for whoever meets it.
    public var reason: String
    /// Where it was written.
    public var origin: Origin

    /// A rule that asks for nothing yet.
    public init(program: String, reason: String, origin: Origin) {
        (self.program, self.reason, self.origin) = (program, reason, origin)
    }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
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
        program = try reader.string()
        allowArguments = try reader.strings()
        denyArguments = try reader.strings()
        children = try reader.strings()
        sha256 = try reader.optional { (reader) throws(RecordError) in try reader.string() }
        reason = try reader.string()
        origin = try reader.value()
    }
}
