/// Steps of a program, a bit for each.
struct StepSet: Hashable, Sendable, Sequence {
    private var words: [UInt64]

    /// None of `count` steps.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// Adds a step.
    ///
    /// - Returns: whether it was not there yet.
    mutating func insert(_ step: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(step % 64)
        guard words[step / 64] & bit == 0 else { return false }
        words[step / 64] |= bit
        return true
    }

    /// Adds a step that may be there.
    mutating func add(_ step: Int) { words[step / 64] |= 1 << UInt64(step % 64) }

    /// The steps that are in both.
    func intersection(_ other: StepSet) -> StepSet {
        var common = self
        for index in common.words.indices { common.words[index] &= other.words[index] }
        return common
    }

    /// Adds the steps of another set of the same program.
    mutating func formUnion(_ other: StepSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    func makeIterator() -> Iterator { Iterator(words: words, rest: words.first ?? 0) }

    /// In ascending order.
    struct Iterator: IteratorProtocol {
        let words: [UInt64]
        var index = 0
        var rest: UInt64

        mutating func next() -> Int? {
            while rest == 0 {
                index += 1
                guard index < words.count else { return nil }
                rest = words[index]
            }
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            return index * 64 + bit
        }
    }
}
