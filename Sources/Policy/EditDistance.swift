/// How far two spellings are apart.
public enum EditDistance {
    /// The number of insertions, deletions, replacements and swaps of neighbours that turn one into the other.
    ///
    /// Only the first 64 bytes of each count, so that a hostile name costs no time.
    public static func between(_ left: some StringProtocol, _ right: some StringProtocol) -> Int {
        let left = Array(left.utf8.prefix(64))
        let right = Array(right.utf8.prefix(64))
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var next = [row + 1]
            for column in right.indices {
                let same = left[row] == right[column]
                var best = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            (before, last) = (last, next)
        }
        return last[right.count]
    }

    /// Whether one is likely to be a slip of the other: at most a third of its length apart, and never more than three.
    public static func isNear(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        let length = max(left.utf8.count, right.utf8.count)
        return between(left, right) <= min(3, max(1, length / 3))
    }

    /// The candidate nearest to a word, if one is near enough to be meant.
    public static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        candidates.filter { isNear(word, $0) }.min { (between(word, $0), $0) < (between(word, $1), $1) }
    }
}
