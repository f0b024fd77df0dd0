/// What stands next to a place in the stream, as far as an assertion asks.
enum Neighbour: UInt8, Sendable {
    /// Nothing: the stream begins or ends here.
    case edge
    case newline
    case carriageReturn
    /// An ASCII letter, a digit or an underscore.
    case word
    case other

    init(_ symbol: Symbol) {
        switch symbol {
        case 0x0A: self = .newline
        case 0x0D: self = .carriageReturn
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: self = .word
        default: self = .other
        }
    }
}

/// A condition on a place between two symbols, which consumes nothing.
enum Assertion: Sendable {
    case streamStart
    case streamEnd
    case lineStart
    /// Before a newline, before the carriage return that a terminal puts before it, or at the end.
    case lineEnd
    case wordBoundary
    case noWordBoundary

    /// Whether what comes next must be known.
    var looksAhead: Bool { self != .streamStart && self != .lineStart }

    /// Whether it holds; nil while that depends on what comes next.
    func holds(before: Neighbour, after: Neighbour?) -> Bool? {
        switch self {
        case .streamStart: before == .edge
        case .lineStart: before == .edge || before == .newline
        case .streamEnd: after.map { $0 == .edge }
        case .lineEnd: after.map { $0 == .edge || $0 == .newline || $0 == .carriageReturn }
        case .wordBoundary: after.map { ($0 == .word) != (before == .word) }
        case .noWordBoundary: after.map { ($0 == .word) == (before == .word) }
        }
    }
}
