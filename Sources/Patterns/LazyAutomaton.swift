/// The program as an automaton of which only the states that a stream reaches are made, and only so many kept.
///
/// A state is the set of steps in which the program waits: for a symbol, or for what an assertion must know. Making a
/// state takes time in the size of the program, whatever the pattern and the stream are, and each symbol makes at most
/// one.
struct LazyAutomaton: Sendable {
    /// What a state does with a symbol: the row of the next state, or one of the values below it.
    typealias Row = UInt32

    /// Not worked out yet.
    static let unknown: Row = 0
    /// A match ended before the symbol.
    static let matchedBefore: Row = 1
    /// A match ends with the symbol.
    static let matchedAfter: Row = 2
    /// The row of the state that was made first.
    static let firstRow: Row = 3

    /// Entries of the table: 256 KiB.
    static let largestTable = 1 << 16
    /// Each holds its steps, at most 256 bytes, twice.
    static let mostStates = 1024

    let alphabet: Alphabet
    /// For each state a row: first whether a match ends before any symbol outside of ASCII, then one entry for each class.
    private(set) var table: [Row] = [unknown, matchedBefore, matchedAfter]
    private let program: PatternProgram
    /// For each class, the steps that read its symbols.
    private let readers: [StepSet]
    private let width: Int
    private let capacity: Int
    private var states: [State] = []
    private var rows: [State: Row] = [:]
    private var closure: StepClosure

    private struct State: Hashable, Sendable {
        var steps: StepSet
        /// What came last; always the same where no assertion will ask.
        var before: Neighbour
    }

    init(_ program: PatternProgram) {
        self.program = program
        alphabet = Alphabet(program.sets)
        readers = LazyAutomaton.readers(program, alphabet)
        width = alphabet.count + 1
        capacity = min(LazyAutomaton.mostStates, max(16, LazyAutomaton.largestTable / width))
        closure = StepClosure(count: program.steps.count)
    }

    private static func readers(_ program: PatternProgram, _ alphabet: Alphabet) -> [StepSet] {
        let none = StepSet(count: program.steps.count)
        var bySet = [StepSet](repeating: none, count: program.sets.count)
        for (number, step) in program.steps.enumerated() {
            if case .symbol(let set, _) = step { bySet[set].add(number) }
        }
        return alphabet.sets.map { sets in
            sets.reduce(into: none) { $0.formUnion(bySet[$1]) }
        }
    }

    /// The state in which a stream begins; ``matchedAfter`` if the pattern has matched already.
    mutating func start(after before: Neighbour) -> Row {
        closure.clear()
        closure.reach(program.start, of: program, before: before, after: nil)
        return closed(before)
    }

    /// Goes on as far as the bytes are ASCII and what to do with them is known.
    ///
    /// - Returns: the byte at which it stopped.
    func run(_ bytes: Span<UInt8>, from place: Int, _ row: inout Row) -> Int {
        var (place, state) = (place, Int(row))
        while place < bytes.count, bytes[place] < 0x80 {
            let next = table[state + 1 + Int(alphabet.ascii[Int(bytes[place])])]
            guard next >= LazyAutomaton.firstRow else { break }
            state = Int(next)
            place += 1
        }
        row = Row(state)
        return place
    }

    /// Works out what a state does with a symbol of a class.
    mutating func follow(_ row: Row, _ symbolClass: Int) -> Row {
        let entry = Int(row) + 1 + symbolClass
        if table[entry] != LazyAutomaton.unknown { return table[entry] }
        let neighbour = alphabet.neighbours[symbolClass]
        let made = states.count
        let next = step(states[number(row)], symbolClass, neighbour)
        // With a new generation of states, the old row is gone.
        if states.count >= made { table[entry] = next }
        return next
    }

    private mutating func step(_ state: State, _ symbolClass: Int, _ neighbour: Neighbour) -> Row {
        var waiting = state.steps
        if program.looksAhead {
            decide(state, after: neighbour)
            if closure.hasMatched { return LazyAutomaton.matchedBefore }
            waiting = closure.waiting
        }
        closure.clear()
        for step in waiting.intersection(readers[symbolClass]) {
            guard case .symbol(_, let next) = program.steps[step] else { continue }
            closure.reach(next, of: program, before: neighbour, after: nil)
        }
        // A match may begin anywhere.
        closure.reach(program.start, of: program, before: neighbour, after: nil)
        return closed(neighbour)
    }

    /// Whether a match ends here, before a symbol outside of ASCII, of which more than the first byte need not be known.
    mutating func endsBeforeForeign(_ row: Row) -> Bool {
        guard program.looksAhead else { return false }
        if table[Int(row)] == LazyAutomaton.unknown {
            table[Int(row)] = ends(row, before: .other) ? LazyAutomaton.matchedBefore : LazyAutomaton.firstRow
        }
        return table[Int(row)] == LazyAutomaton.matchedBefore
    }

    /// Whether a match ends here if this comes next.
    mutating func ends(_ row: Row, before neighbour: Neighbour) -> Bool {
        guard program.looksAhead else { return false }
        decide(states[number(row)], after: neighbour)
        return closure.hasMatched
    }

    private mutating func decide(_ state: State, after neighbour: Neighbour) {
        closure.clear()
        for step in state.steps { closure.reach(step, of: program, before: state.before, after: neighbour) }
    }

    // MARK: the states that are kept

    private func number(_ row: Row) -> Int { (Int(row) - Int(LazyAutomaton.firstRow)) / width }

    /// The row of what the closure holds.
    private mutating func closed(_ before: Neighbour) -> Row {
        if closure.hasMatched { return LazyAutomaton.matchedAfter }
        let state = State(steps: closure.waiting, before: program.looksAhead ? before : .other)
        if let row = rows[state] { return row }
        if states.count == capacity { forget() }
        let row = Row(table.count)
        states.append(state)
        rows[state] = row
        table.append(contentsOf: repeatElement(LazyAutomaton.unknown, count: width))
        return row
    }

    private mutating func forget() {
        states.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        table.removeSubrange(Int(LazyAutomaton.firstRow)...)
    }
}
