public import Records

/// The command list after its names were looked up on one host: what decisions and the kernel's list are made from.
public struct CommandTable: Equatable, ByteCodable {
    /// What may be started, in the order of the files; entries of the environment come last.
    public internal(set) var entries: [ResolvedCommand] = []
    /// What more is asked of single programs.
    public internal(set) var rules: [ResolvedRule] = []
    /// What needs a person's approval.
    public internal(set) var ask: [ResolvedCommand] = []
    /// The file of an entry in ``ask`` that the kernel's list has, too: a table for launches that a person approved. It allows
    /// nothing by itself.
    public internal(set) var approved: ProgramIdentity?
    /// Names that this host does not have: no error, but explained to whoever asks for one.
    public internal(set) var unresolved: [CommandEntry] = []
    /// Where it was said that every program may be started; nil: it was not.
    public internal(set) var allowAll: Origin?
    /// What happens to a command string that needs a shell.
    public internal(set) var shell = ShellUse.refuse
    /// Where `shell` was set.
    public internal(set) var shellOrigin = Origin.standard
    /// The shell that runs such strings; nil where none may.
    public internal(set) var shellProgram: ProgramIdentity?
    /// Writable places whose files may be executed, as the policy writes them, such as `{workspace}`.
    public internal(set) var executablePlaces: [String] = []
    /// Where `files.execute` was set.
    public internal(set) var executableOrigin = Origin.standard

    /// A table that allows nothing.
    public init() {}

    /// Everything that the kernel has to let the sandbox execute, without repetition, in the order of its discovery:
    /// the allowed programs, the shell where one may run, and the children of every program that is in the list.
    ///
    /// A rule for a program that is not allowed adds nothing. With ``allowAll`` the list is not a limit. Programs that
    /// only need approval are not in it, but for the one that ``approving(_:)`` names.
    public var kernelPrograms: [ProgramIdentity] {
        var found: [ProgramIdentity] = []
        var files: Set<FileNumber> = []
        func add(_ program: ProgramIdentity) {
            if files.insert(FileNumber(program)).inserted { found.append(program) }
        }
        entries.forEach { add($0.program) }
        shellProgram.map(add)
        approved.map(add)
        var next = 0
        while next < found.count {
            let program = found[next]
            next += 1
            for rule in rules where rule.program.isSameFile(as: program) { rule.children.forEach(add) }
        }
        return found
    }

    /// The table for a launch that was approved: the kernel's list has one program more, and the children of its rules.
    public func approving(_ program: ProgramIdentity) -> CommandTable {
        var table = self
        table.approved = program
        return table
    }

    /// Whether the kernel lets a sandbox under this table execute a file.
    public func lets(_ program: ProgramIdentity) -> Bool {
        allowAll != nil || kernelPrograms.contains(where: program.isSameFile)
    }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
        writer.write(entries)
        writer.write(rules)
        writer.write(ask)
        writer.write(approved)
        writer.write(unresolved)
        writer.write(allowAll)
        writer.write(shell.rawValue)
        writer.write(shellOrigin)
        writer.write(shellProgram)
        writer.write(executablePlaces)
        writer.write(executableOrigin)
    }

    /// Reads every field.
    public init(from reader: inout ByteReader) throws(RecordError) {
        entries = try reader.values()
        rules = try reader.values()
        ask = try reader.values()
        approved = try reader.optional { (reader) throws(RecordError) in try reader.value() }
        unresolved = try reader.values()
        allowAll = try reader.optional { (reader) throws(RecordError) in try reader.value() }
        shell = try reader.choice()
        shellOrigin = try reader.value()
        shellProgram = try reader.optional { (reader) throws(RecordError) in try reader.value() }
        executablePlaces = try reader.strings()
        executableOrigin = try reader.value()
    }

    /// What makes two paths one file.
    private struct FileNumber: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ program: ProgramIdentity) {
            (device, inode) = (program.device, program.inode)
        }
    }
}
