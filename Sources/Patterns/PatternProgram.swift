/// A step of the machine that reads a pattern.
enum PatternStep: Sendable {
    /// The pattern has matched.
    case match
    /// Reads a symbol of a set.
    case symbol(set: Int, next: Int)
    /// Goes on where the assertion holds.
    case assertion(Assertion, next: Int)
    /// Goes on in both ways.
    case split(Int, Int)
}

/// A pattern as a machine that is in many steps at once. Source: K. Thompson, Regular Expression Search Algorithm, 1968.
struct PatternProgram: Sendable {
    /// Enough for a counted repetition up to 1000; the work for each byte grows with it.
    static let largest = 2048

    private(set) var steps: [PatternStep] = [.match]
    /// The sets by their numbers.
    private(set) var sets: [SymbolSet] = []
    /// Where it begins.
    private(set) var start = 0
    /// Whether an assertion asks for what comes next.
    private(set) var looksAhead = false

    private var numbers: [SymbolSet: Int] = [:]
    /// Of the repetition that is being written out.
    private var column = 1

    init(_ node: PatternNode) throws(PatternError) {
        start = try compile(node, next: 0)
    }

    /// Adds the steps of a part, from its end to its beginning.
    ///
    /// - Returns: its first step.
    private mutating func compile(_ node: PatternNode, next: Int) throws(PatternError) -> Int {
        switch node {
        case .empty: return next
        case .symbols(let set): return try add(.symbol(set: number(of: set), next: next))
        case .assertion(let assertion):
            looksAhead = looksAhead || assertion.looksAhead
            return try add(.assertion(assertion, next: next))
        case .sequence(let parts):
            var first = next
            for part in parts.reversed() { first = try compile(part, next: first) }
            return first
        case .choice(let branches): return try compile(branches: branches, next: next)
        case .repetition(let part, let repetition): return try compile(part, repetition, next: next)
        }
    }

    private mutating func compile(branches: [PatternNode], next: Int) throws(PatternError) -> Int {
        var first: Int?
        for branch in branches.reversed() {
            let own = try compile(branch, next: next)
            first = if let others = first { try add(.split(own, others)) } else { own }
        }
        return first ?? next
    }

    /// `x{2,4}` is written out as `xx(x(x)?)?`, `x{2,}` as `xx+`.
    private mutating func compile(
        _ part: PatternNode, _ repetition: Repetition, next: Int
    ) throws(PatternError) -> Int {
        column = repetition.column
        var first = next
        if let maximum = repetition.maximum {
            for _ in repetition.minimum..<maximum {
                first = try add(.split(try compile(part, next: first), next))
            }
        } else {
            first = try loop(part, atLeastOnce: repetition.minimum > 0, next: next)
        }
        let copies = repetition.maximum == nil ? max(0, repetition.minimum - 1) : repetition.minimum
        for _ in 0..<copies { first = try compile(part, next: first) }
        return first
    }

    private mutating func loop(_ part: PatternNode, atLeastOnce: Bool, next: Int) throws(PatternError) -> Int {
        let loop = try add(.split(next, next))
        let body = try compile(part, next: loop)
        steps[loop] = .split(body, next)
        return atLeastOnce ? body : loop
    }

    private mutating func add(_ step: PatternStep) throws(PatternError) -> Int {
        guard steps.count < PatternProgram.largest else {
            throw PatternError(
                column, "written out, the pattern has more than \(PatternProgram.largest) steps",
                remedy: "use smaller counts, or + or * instead of them")
        }
        steps.append(step)
        return steps.count - 1
    }

    private mutating func number(of set: SymbolSet) -> Int {
        if let number = numbers[set] { return number }
        sets.append(set)
        numbers[set] = sets.count - 1
        return sets.count - 1
    }
}
