/// The patterns of what a policy protects, with the names that they stood for at a launch: after the end, somebody
/// looks for others.
public struct WatchedNames: Sendable, Equatable {
    /// Patterns of absolute paths.
    public var patterns: [String]
    /// The writable places of the task, where new names can appear.
    public var roots: [String]
    /// The names at the launch, as they were found and not what links among them lead to.
    public var known: [String]

    /// Patterns with the names that they stood for.
    public init(patterns: [String], roots: [String], known: [String]) {
        (self.patterns, self.roots, self.known) = (patterns, roots, known)
    }
}

extension WatchedNames: ByteCodable {
    /// Writes the fields in order.
    public func encode(to writer: inout ByteWriter) {
        writer.write(patterns)
        writer.write(roots)
        writer.write(known)
    }

    /// Reads the fields in order.
    public init(from reader: inout ByteReader) throws(RecordError) {
        self.init(patterns: try reader.strings(), roots: try reader.strings(), known: try reader.strings())
    }
}
