public import Records

/// An entry of the list after its name was looked up on the host.
public struct ResolvedCommand: Hashable, ByteCodable {
    /// The entry as it was written.
    public let entry: CommandEntry
    /// The file that its program is here.
    public let program: ProgramIdentity

    /// An entry and the file that its program is.
    public init(entry: CommandEntry, program: ProgramIdentity) {
        (self.entry, self.program) = (entry, program)
    }

    /// Whether this entry speaks of the command.
    ///
    /// A program of many names (busybox, a single coreutils) does what its first argument says: there the name counts too.
    func matches(_ argv: [String], _ other: ProgramIdentity) -> Bool {
        guard program.isSameFile(as: other), entry.hasLeadingArguments(of: argv) else { return false }
        guard ArbitraryCode.isOfManyNames(program), let called = argv.first else { return true }
        return PathText.lastComponent(called) == PathText.lastComponent(entry.program)
    }

    /// Writes entry and program.
    public func encode(to writer: inout ByteWriter) {
        writer.write(entry)
        writer.write(program)
    }

    /// Reads entry and program.
    public init(from reader: inout ByteReader) throws(RecordError) {
        entry = try reader.value()
        program = try reader.value()
    }
}
