/// What a pattern reads at a time: the number of a Unicode scalar, or ``invalidSymbol``.
typealias Symbol = UInt32

/// A maximal run of bytes that begins like a character and is none, whatever its bytes.
let invalidSymbol: Symbol = 0x11_0000

/// Symbols as ranges in order, which neither meet nor overlap: the same set is always written the same way.
struct SymbolSet: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<Symbol>]

    init(_ ranges: [ClosedRange<Symbol>] = []) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
    }

    /// Adds a range that begins at or after the last one's beginning.
    private mutating func append(_ range: ClosedRange<Symbol>) {
        guard let last = ranges.last, range.lowerBound <= last.upperBound + 1 else { return ranges.append(range) }
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }

    var isEmpty: Bool { ranges.isEmpty }

    /// Symbols of either.
    func union(_ other: SymbolSet) -> SymbolSet { SymbolSet(ranges + other.ranges) }

    /// All other symbols, bytes that are no UTF-8 among them.
    var inverted: SymbolSet {
        var (gaps, next): ([ClosedRange<Symbol>], Symbol) = ([], 0)
        for range in ranges {
            if next < range.lowerBound { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= invalidSymbol { gaps.append(next...invalidSymbol) }
        return SymbolSet(gaps)
    }

    /// With ASCII letters in both cases, and with both cases of single characters where each is one character.
    var ignoringCase: SymbolSet {
        var all = ranges
        for range in ranges {
            all += SymbolSet.shifted(range, within: 0x41...0x5A) { $0 + 0x20 }
            all += SymbolSet.shifted(range, within: 0x61...0x7A) { $0 - 0x20 }
            if range.count == 1 { all += SymbolSet.cases(of: range.lowerBound) }
        }
        return SymbolSet(all)
    }

    private static func shifted(
        _ range: ClosedRange<Symbol>, within letters: ClosedRange<Symbol>, _ shift: (Symbol) -> Symbol
    ) -> [ClosedRange<Symbol>] {
        guard range.overlaps(letters) else { return [] }
        let common = range.clamped(to: letters)
        return [shift(common.lowerBound)...shift(common.upperBound)]
    }

    private static func cases(of symbol: Symbol) -> [ClosedRange<Symbol>] {
        guard symbol > 0x7F, let scalar = Unicode.Scalar(symbol) else { return [] }
        let mappings = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping]
        return mappings.compactMap { mapping in
            guard let first = mapping.unicodeScalars.first, mapping.unicodeScalars.count == 1 else { return nil }
            return first.value...first.value
        }
    }
}

// Classes are of ASCII: what build tools and prompts print is, and a table of Unicode would be most of this module.
extension SymbolSet {
    static let all = SymbolSet([0...invalidSymbol])
    static let newline = SymbolSet([0x0A...0x0A])
    static let carriageReturn = SymbolSet([0x0D...0x0D])
    static let digits = SymbolSet([0x30...0x39])
    static let letters = SymbolSet([0x41...0x5A, 0x61...0x7A])
    static let word = letters.union(digits).union(SymbolSet([0x5F...0x5F]))
    static let space = SymbolSet([0x09...0x0D, 0x20...0x20])
    static let printable = SymbolSet([0x20...0x7E])

    /// The sets that are written `[:name:]` within a class. Source: POSIX.1-2024, 9.3.5, in the POSIX locale.
    static let named: [String: SymbolSet] = [
        "alnum": letters.union(digits), "alpha": letters, "blank": SymbolSet([0x09...0x09, 0x20...0x20]),
        "cntrl": SymbolSet([0x00...0x1F, 0x7F...0x7F]), "digit": digits, "graph": SymbolSet([0x21...0x7E]),
        "lower": SymbolSet([0x61...0x7A]), "print": printable,
        "punct": SymbolSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]), "space": space,
        "upper": SymbolSet([0x41...0x5A]), "word": word,
        "xdigit": SymbolSet([0x30...0x39, 0x41...0x46, 0x61...0x66]),
    ]
}
