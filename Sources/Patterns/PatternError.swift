/// Why a text is not a pattern that can be waited for, and what to do about it.
public struct PatternError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The character of the pattern at which it was seen, counted from 1 in Unicode scalars; one more than it has at its end.
    public let column: Int
    /// What is wrong. What it quotes of the pattern is one character, and made visible.
    public let problem: String
    /// What to do; nil where the problem says it.
    public let remedy: String?

    init(_ column: Int, _ problem: String, remedy: String? = nil) {
        (self.column, self.problem, self.remedy) = (column, problem, remedy)
    }

    /// `column N: problem; remedy`
    public var description: String {
        "column \(column): \(problem)" + (remedy.map { "; \($0)" } ?? "")
    }
}
