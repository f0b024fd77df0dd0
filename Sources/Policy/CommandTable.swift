public import Records

/// The command list after its names were looked up on one host: what decisions and the kernel's list are made from.
public struct CommandTable: Equatable, ByteCodable {
    /// What may be started, in the order of the files; entries of the environment come last.
    public internal(set) var entries: [ResolvedCommand] = []
    /// What more is asked of single programs.
    public internal(set) var rules: [ResolvedRule] = []
    /// What needs a person's approval.
    public internal(set) var ask: [ResolvedCommand] = []
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
    /// only need approval are not in it: whoever approves one adds it for that launch.
    public var kernelPrograms: [ProgramIdentity] {
        var found: [ProgramIdentity] = []
        var files: Set<FileNumber> = []
        func add(_ program: ProgramIdentity) {
            if files.insert(FileNumber(program)).inserted { found.append(program) }
        }
        entries.forEach { add($0.program) }
        shellProgram.map(add)
        var next = 0
        while next < found.count {
            let program = found[next]
            next += 1
            for rule in rules where rule.program.isSameFile(as: program) { rule.children.forEach(add) }
        }
        return found
    }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
        writer.write(entries)
        writer.write(rules)
        writer.write(ask)
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
