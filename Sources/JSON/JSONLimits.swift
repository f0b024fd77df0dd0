/// How much of other people's JSON is read.
public struct JSONLimits: Sendable, Equatable {
    /// Arrays and objects within each other, 1 to 512: what walks a value may call itself that often.
    public let depth: Int
    /// Bytes of the whole text; while it is read, a value takes up to some forty times as many.
    public let bytes: Int
    /// Bytes of one number: a double needs no more than 767 digits to be exact.
    public let numberBytes = 1024

    /// Limits; a depth outside 1 to 512 is a programming error.
    public init(depth: Int = 64, bytes: Int = 16 << 20) {
        precondition((1...512).contains(depth), "a depth that could overflow the stack")
        self.depth = depth
        self.bytes = bytes
    }
}
