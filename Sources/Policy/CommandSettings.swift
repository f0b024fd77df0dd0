public import Records

/// The `[commands]` table: what may be started. Entries and rules carry their own origins.
public struct CommandSettings: Equatable, ByteCodable {
    /// Programs, or programs and their leading arguments, that may be started.
    public var allow: [CommandEntry] = []
    /// Whether every program may be started. Every other layer stays.
    public var allowAll: Bool = false
    /// Where names are looked up, and the `PATH` of the task.
    public var path: [String] = ["/usr/local/bin", "/usr/bin", "/bin"]
    /// What happens to a command string that needs a shell.
    public var shell: ShellUse = .refuse
    /// Whether ALLOWED_COMMANDS and ALLOW_ALL_COMMANDS of the front end's own environment count.
    public var environment: Bool = false
    /// Commands that need a person's approval.
    public var ask: [CommandEntry] = []
    /// What more is asked of the arguments of single programs.
    public var rules: [CommandRule] = []

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(allow)
        writer.write(allowAll)
        writer.write(path)
        writer.write(shell.rawValue)
        writer.write(environment)
        writer.write(ask)
        writer.write(rules)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        allow = try reader.values()
        allowAll = try reader.bool()
        path = try reader.strings()
        shell = try reader.choice()
        environment = try reader.bool()
        ask = try reader.values()
        rules = try reader.values()
    }
}
