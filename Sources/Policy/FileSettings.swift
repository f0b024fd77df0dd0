public import Records

/// The `[files]` table: what a task sees, and what it may change.
public struct FileSettings: Equatable, ByteCodable {
    /// What of the host is visible besides the places below.
    public var view: FileView = .system
    /// Patterns of places where a workspace may be; empty: anywhere that is not refused for everybody.
    public var workspaces: [String] = []
    /// Whether, as root, the workspace may belong to uid 0.
    public var rootWorkspace: Bool = false
    /// Further places that may be read.
    public var read: [String] = []
    /// Places that may be changed.
    public var write: [String] = ["{workspace}"]
    /// Writable places that may be executed from.
    public var execute: [String] = []
    /// Places inside the others that are not there.
    public var hide: [String] = []
    /// Places inside writable ones that cannot be changed.
    public var protect: [String] = []
    /// The size of /tmp, and of HOME unless it is kept.
    public var tmp: ByteCount = .mebibytes(256)
    /// `fresh`, or a directory that is kept.
    public var home: String = "fresh"

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(view.rawValue)
        writer.write(workspaces)
        writer.write(rootWorkspace)
        writer.write(read)
        writer.write(write)
        writer.write(execute)
        writer.write(hide)
        writer.write(protect)
        writer.write(tmp)
        writer.write(home)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        view = try reader.choice()
        workspaces = try reader.strings()
        rootWorkspace = try reader.bool()
        read = try reader.strings()
        write = try reader.strings()
        execute = try reader.strings()
        hide = try reader.strings()
        protect = try reader.strings()
        tmp = try reader.value()
        home = try reader.string()
    }
}
