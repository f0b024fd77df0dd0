/// Symbols in classes: those of a class are in the same sets of the program and make the same neighbours.
struct Alphabet: Sendable {
    /// Classes of the symbols below 128.
    let ascii: [UInt16]
    /// What a symbol of each class is to an assertion.
    let neighbours: [Neighbour]
    /// The first symbol of each interval, from 0 on.
    private let starts: [Symbol]
    /// The class of each interval.
    private let classes: [UInt16]
    /// For each class, the numbers of the program's sets that hold it.
    let sets: [[Int]]

    /// How many classes there are, 1 or more.
    var count: Int { neighbours.count }

    init(_ programSets: [SymbolSet]) {
        // The last three keep symbols apart that are different neighbours.
        let all = programSets + [.word, .newline, .carriageReturn]
        let starts = Alphabet.starts(all)
        let signatures = Alphabet.signatures(all, starts)
        var numbers: [[UInt64]: UInt16] = [:]
        var (members, neighbours, classes): ([[UInt64]], [Neighbour], [UInt16]) = ([], [], [])
        for (start, signature) in zip(starts, signatures) {
            let number = numbers[signature] ?? UInt16(members.count)
            classes.append(number)
            guard numbers.updateValue(number, forKey: signature) == nil else { continue }
            members.append(signature)
            neighbours.append(Neighbour(start))
        }
        (self.starts, self.classes, self.neighbours) = (starts, classes, neighbours)
        sets = members.map { bits in programSets.indices.filter { bits[$0 / 64] >> UInt64($0 % 64) & 1 != 0 } }
        ascii = (0..<128).map { classes[Alphabet.interval(of: $0, starts)] }
    }

    /// The class of any symbol.
    func symbolClass(_ symbol: Symbol) -> Int {
        Int(symbol < 128 ? ascii[Int(symbol)] : classes[Alphabet.interval(of: symbol, starts)])
    }

    /// Every symbol at which a set begins or has just ended, in order.
    private static func starts(_ sets: [SymbolSet]) -> [Symbol] {
        var starts: Set<Symbol> = [0]
        for range in sets.lazy.flatMap(\.ranges) {
            starts.insert(range.lowerBound)
            if range.upperBound < invalidSymbol { starts.insert(range.upperBound + 1) }
        }
        return starts.sorted()
    }

    /// For each interval, the sets that it is in.
    private static func signatures(_ sets: [SymbolSet], _ starts: [Symbol]) -> [[UInt64]] {
        let none = [UInt64](repeating: 0, count: sets.count / 64 + 1)
        var signatures = [[UInt64]](repeating: none, count: starts.count)
        for (number, set) in sets.enumerated() {
            for range in set.ranges {
                for interval in interval(of: range.lowerBound, starts)...interval(of: range.upperBound, starts) {
                    signatures[interval][number / 64] |= 1 << UInt64(number % 64)
                }
            }
        }
        return signatures
    }

    /// The last interval that begins at or before the symbol.
    private static func interval(of symbol: Symbol, _ starts: [Symbol]) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= symbol { low = middle } else { high = middle }
        }
        return low
    }
}
