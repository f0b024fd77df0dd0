public import Records

/// The `[network]` table.
public struct NetworkSettings: Equatable, ByteCodable {
    /// What network a task has.
    public var mode: NetworkMode = .none
    /// With the host's network: TCP ports that may be connected to; empty: any.
    public var ports: [PortNumber] = []
    /// With egress: destinations, `name:port`.
    public var allow: [String] = []

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(mode.rawValue)
        writer.write(ports)
        writer.write(allow)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        mode = try reader.choice()
        ports = try reader.values()
        allow = try reader.strings()
    }
}
