/// Why text is no quantity.
public struct QuantityProblem: Error, Equatable, Sendable {
    /// What is wrong, as a sentence that follows the text.
    public let problem: String
    /// The nearest text that would be right, if one is near.
    public let nearest: String?

    /// What is wrong, and what was probably meant.
    init(_ problem: String, nearest: String? = nil) {
        (self.problem, self.nearest) = (problem, nearest)
    }
}

extension ByteCount {
    /// Reads `2 GiB`: a whole number, at most one space, and `B`, `KiB`, `MiB`, `GiB`, `TiB`, `kB`, `MB` or `GB`.
    ///
    /// - Throws: `QuantityProblem` for a sign, a fraction, no or another unit, and more than 8 EiB - 1 B, which is what
    ///   the kernel's off_t holds.
    public init(text: String) throws(QuantityProblem) {
        let units: [(String, UInt64)] = [
            ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1000),
            ("MB", 1_000_000), ("GB", 1_000_000_000),
        ]
        self.init(try QuantityText(text).value(units, example: "2 GiB"))
    }
}

extension TimeSpan {
    /// Reads `30 min`: a whole number, at most one space, and `ms`, `s`, `min`, `h` or `d`.
    ///
    /// - Throws: `QuantityProblem` for a sign, a fraction, no or another unit, and more than 292 years.
    public init(text: String) throws(QuantityProblem) {
        let units: [(String, UInt64)] = [
            ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000), ("h", 3_600_000_000_000),
            ("d", 86_400_000_000_000),
        ]
        self.init(nanoseconds: try QuantityText(text).value(units, example: "30 min"))
    }
}

extension CoreCount {
    /// Reads `2` or `0.25`: a number of cores, with at most three digits behind the point.
    ///
    /// - Throws: `QuantityProblem` for a sign, an exponent, a unit, and less than 0.01 or more than 8192 cores. (The
    ///   kernel hands processor time out in pieces of a millisecond, of periods of 100.)
    public init(text: String) throws(QuantityProblem) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : "0"
        guard parts.allSatisfy(QuantityText.isDigits), fraction.utf8.count <= 3 else {
            throw QuantityProblem("is no number of cores such as \"2.0\" or \"0.25\"")
        }
        let padded = fraction + String(repeating: "0", count: 3 - fraction.utf8.count)
        guard let thousandths = UInt64(parts[0] + padded), (10...8_192_000).contains(thousandths) else {
            throw QuantityProblem("is not between 0.01 and 8192 cores")
        }
        self.init(thousandths: thousandths)
    }
}

/// A number and its unit as text.
struct QuantityText {
    private let number: Substring
    private let unit: Substring

    /// Splits the digits from what follows them. A sign stays with the number, so that it can be named.
    init(_ text: String) {
        let end = text.firstIndex { !$0.isASCII || $0.isLetter || $0 == " " || $0 == "\t" } ?? text.endIndex
        number = text[..<end]
        let rest = text[end...]
        unit = rest.first == " " ? rest.dropFirst() : rest
    }

    /// The number in the smallest unit.
    func value(_ units: [(String, UInt64)], example: String) throws(QuantityProblem) -> UInt64 {
        if number.hasPrefix("-") { throw QuantityProblem("is negative") }
        guard Self.isDigits(number) else {
            throw QuantityProblem("is no whole number with a unit, such as \"\(example)\"")
        }
        guard let size = units.first(where: { $0.0 == unit })?.1 else { throw wrongUnit(units.map(\.0)) }
        guard let count = UInt64(number) else { throw QuantityProblem("is more than this program can count") }
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, product <= UInt64(Int64.max) else {
            throw QuantityProblem("is more than this program can count")
        }
        return product
    }

    static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
    }

    private func wrongUnit(_ units: [String]) -> QuantityProblem {
        let list = units.joined(separator: ", ")
        if unit.isEmpty { return QuantityProblem("has no unit; known are \(list)") }
        let sameLetters = units.first { $0.lowercased() == unit.lowercased() }
        let near = sameLetters ?? Self.otherSpellings[unit.lowercased()]?.first(where: units.contains)
        let nearest = near ?? EditDistance.nearest(to: String(unit), among: units)
        return QuantityProblem(
            "has no unit that is known: \(list)", nearest: nearest.map { "\(number) \($0)" })
    }

    /// What other programs call the same.
    private static let otherSpellings = [
        "k": ["KiB"], "m": ["MiB", "min"], "g": ["GiB"], "t": ["TiB"], "kb": ["kB"], "bytes": ["B"], "byte": ["B"],
        "sec": ["s"], "secs": ["s"], "second": ["s"], "seconds": ["s"], "mins": ["min"], "minute": ["min"],
        "minutes": ["min"], "hr": ["h"], "hour": ["h"], "hours": ["h"], "day": ["d"], "days": ["d"], "msec": ["ms"],
    ]
}
