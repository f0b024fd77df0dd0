/// A part of a pattern, as it was read.
///
/// A part that consumes nothing and asks nothing is always `empty`, so that every other part makes at least one step and
/// the limit of the program bounds the work of making it.
indirect enum PatternNode: Equatable, Sendable {
    case empty
    case symbols(SymbolSet)
    case assertion(Assertion)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, Repetition)

    /// One after the other.
    static func joined(_ parts: [PatternNode]) -> PatternNode {
        let parts = parts.filter { $0 != .empty }
        return parts.count > 1 ? .sequence(parts) : parts.first ?? .empty
    }

    /// One of them.
    static func anyOf(_ branches: [PatternNode]) -> PatternNode {
        branches.count > 1 ? .choice(branches) : branches.first ?? .empty
    }

    /// As often as the repetition says.
    func repeated(_ repetition: Repetition) -> PatternNode {
        if self == .empty || repetition.maximum == 0 { return .empty }
        return repetition.minimum == 1 && repetition.maximum == 1 ? self : .repetition(self, repetition)
    }
}

/// How often a part comes. Greedy and lazy make no difference to where the first match ends.
struct Repetition: Equatable, Sendable {
    var minimum: Int
    /// Nil: without end.
    var maximum: Int?
    /// Where it is written.
    var column: Int
}
