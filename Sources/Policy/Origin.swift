public import Records

/// Where a value was written: every decision can name it.
public struct Origin: Hashable, ByteCodable, CustomStringConvertible {
    /// The path of the policy file, or a name such as `environment:ALLOWED_COMMANDS`.
    public let file: String
    /// The line, counted from 1; 0 where there are no lines.
    public let line: Int
    /// The column in characters, counted from 1; 0 where there are none.
    public let column: Int

    /// A place in a file.
    public init(file: String, line: Int, column: Int) {
        (self.file, self.line, self.column) = (file, line, column)
    }

    /// The front end's own environment, read once at its start.
    public static func environment(_ name: String) -> Origin {
        Origin(file: "environment:\(name)", line: 0, column: 0)
    }

    /// What Caisson does where no file says anything.
    public static let standard = Origin(file: "default", line: 0, column: 0)

    /// `file:line:column`, or the name alone.
    public var description: String {
        line == 0 ? file : "\(file):\(line):\(column)"
    }

    /// Writes file, line and column.
    public func encode(to writer: inout ByteWriter) {
        writer.write(file)
        writer.write(UInt32(clamping: line))
        writer.write(UInt32(clamping: column))
    }

    /// Reads file, line and column.
    public init(from reader: inout ByteReader) throws(RecordError) {
        file = try reader.string()
        line = Int(try reader.integer(UInt32.self))
        column = Int(try reader.integer(UInt32.self))
    }
}

/// Where each key of a policy was set, sorted by key so that the encoded form is the same on every host.
///
/// A key is written as in a `[[relax]]`: `limits.wall`, and `files.protect.{workspace}/.mcp.json` for one entry of a list.
public struct OriginTable: Equatable, ByteCodable {
    private var places: [String: Origin] = [:]

    /// A table without a key.
    public init() {}

    /// Where a key was set; nil where it was not.
    public subscript(key: String) -> Origin? {
        get { places[key] }
        set { places[key] = newValue }
    }

    /// Every key that was set, in order.
    public var keys: [String] { places.keys.sorted() }

    /// Writes the pairs in the order of their keys.
    public func encode(to writer: inout ByteWriter) {
        writer.write(places.sorted { $0.key < $1.key }) { writer, pair in
            writer.write(pair.key)
            writer.write(pair.value)
        }
    }

    /// Reads the pairs.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let pairs = try reader.list { (reader) throws(RecordError) in
            (try reader.string(), try reader.value(Origin.self))
        }
        for (key, origin) in pairs { places[key] = origin }
    }
}
