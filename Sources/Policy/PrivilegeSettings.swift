public import Records

/// The `[privileges]` table.
public struct PrivilegeSettings: Equatable, ByteCodable {
    /// Capabilities that the task keeps, such as `NET_BIND_SERVICE`.
    public var capabilities: [String] = []
    /// As whom it runs.
    public var user: TaskUser = .task

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(capabilities)
        writer.write(user.rawValue)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        capabilities = try reader.strings()
        user = try reader.choice()
    }
}
