/// Why bytes are not the JSON that is accepted here.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in a few words that hold nothing of the text itself.
    public let reason: String
    /// The byte at which it was seen, counted from 0.
    public let offset: Int

    /// A fault at a byte.
    init(_ reason: String, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The sentence for a reader, with the place.
    public var description: String { "\(reason) at byte \(offset)" }
}
