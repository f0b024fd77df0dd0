public import Records

/// The `[hardening]` table.
public struct HardeningSettings: Equatable, ByteCodable {
    /// Whether memory may be writable and executable; just-in-time compilers need it.
    public var writeExecute: Bool = true
    /// What is done about speculative execution.
    public var speculation: SpeculationControl = .standard
    /// What a task sees of /proc.
    public var proc: ProcView = .own

    /// What holds where a policy says nothing.
    public init() {}

    /// Writes every field, in the order of their declaration.
    public func encode(to writer: inout ByteWriter) {
        writer.write(writeExecute)
        writer.write(speculation.rawValue)
        writer.write(proc.rawValue)
    }

    /// Reads every field, in the order of their declaration.
    public init(from reader: inout ByteReader) throws(RecordError) {
        writeExecute = try reader.bool()
        speculation = try reader.choice()
        proc = try reader.choice()
    }
}
