import Policy
import PolicyText

/// Policies and a day for the tests.
enum Fixture {
    static let today = CalendarDate(unixSeconds: 1_795_000_000)

    /// Loads the text of one file, with others that it may extend.
    static func load(_ text: String, others: [String: String] = [:]) throws(PolicyErrors) -> EffectivePolicy {
        try PolicyLoader.load(PolicySource(path: "p.toml", text: text), today: today) { name in
            others[name].map { PolicySource(path: "\(name).toml", text: $0) }
        }
    }

    /// What is wrong with the text of one file; empty: nothing.
    static func errors(_ text: String, others: [String: String] = [:]) -> [String] {
        do {
            _ = try load(text, others: others)
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }
}

/// Numbers that look random and are the same in every run (xorshift64).
struct FixedRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
