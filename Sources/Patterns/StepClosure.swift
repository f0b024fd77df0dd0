/// The steps that a program reaches without reading anything. Each is visited once, so that loops of nothing end.
struct StepClosure: Sendable {
    /// The steps that wait for a symbol, or for what an assertion must know.
    private(set) var waiting: StepSet
    private(set) var hasMatched = false
    private var seen: StepSet
    private var pending: [Int] = []

    /// For a program of so many steps.
    init(count: Int) {
        (waiting, seen) = (StepSet(count: count), StepSet(count: count))
    }

    mutating func clear() {
        waiting.removeAll()
        seen.removeAll()
        hasMatched = false
    }

    /// Adds a step and all that follow from it between two neighbours.
    mutating func reach(_ start: Int, of program: PatternProgram, before: Neighbour, after: Neighbour?) {
        var step = start
        while true {
            if seen.insert(step), let next = visit(step, of: program, before, after) {
                step = next
            } else if let next = pending.popLast() {
                step = next
            } else {
                return
            }
        }
    }

    /// Looks at a step for the first time, and gives one that follows from it.
    private mutating func visit(
        _ step: Int, of program: PatternProgram, _ before: Neighbour, _ after: Neighbour?
    ) -> Int? {
        switch program.steps[step] {
        case .match: hasMatched = true
        case .symbol: waiting.add(step)
        case .split(let first, let second):
            pending.append(second)
            return first
        case .assertion(let assertion, let next):
            guard let holds = assertion.holds(before: before, after: after) else {
                waiting.add(step)
                return nil
            }
            return holds ? next : nil
        }
        return nil
    }
}
