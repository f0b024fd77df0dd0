import Patterns

extension OutputPattern {
    /// Where the first match ends in a stream that is fed in these chunks and then ends; nil without a match.
    mutating func firstEnd(in chunks: [[UInt8]]) -> Int? {
        var fed = 0
        for chunk in chunks {
            if let end = feed(chunk) { return fed + end }
            fed += chunk.count
        }
        return finish() ? fed : nil
    }

    /// The same for a stream that comes at once.
    static func firstEnd(_ pattern: String, _ bytes: [UInt8]) throws(PatternError) -> Int? {
        var pattern = try OutputPattern(pattern)
        return pattern.firstEnd(in: [bytes])
    }
}

/// The same numbers on every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
