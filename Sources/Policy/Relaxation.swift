public import Records

/// One `[[relax]]`: a widening that somebody has given a reason for.
public struct Relaxation: Equatable, ByteCodable {
    /// The key that may widen, such as `require.degrade.cgroup`, `commands.allow` or `commands.allow.git push`.
    public var key: String
    /// Why; never empty in a policy that was loaded.
    public var reason: String
    /// The last day on which it holds; nil: no end.
    public var expires: CalendarDate?
    /// Where it was written.
    public var origin: Origin

    /// A relaxation of one key.
    public init(key: String, reason: String, expires: CalendarDate? = nil, origin: Origin) {
        (self.key, self.reason, self.expires, self.origin) = (key, reason, expires, origin)
    }

    /// Writes every field.
    public func encode(to writer: inout ByteWriter) {
        writer.write(key)
        writer.write(reason)
        writer.write(expires)
        writer.write(origin)
    }

    /// Reads every field.
    public init(from reader: inout ByteReader) throws(RecordError) {
        key = try reader.string()
        reason = try reader.string()
        expires = try reader.optional { (reader) throws(RecordError) in try reader.value() }
        origin = try reader.value()
    }
}
