/// The name that was meant.
enum Spelling {
    /// The candidate that the fewest edits turn the word into, if they are at most a third of it; the first in order of
    /// several.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let word = Array(word.utf8.prefix(64))
        let limit = min(3, max(1, word.count / 3))
        let near = candidates.map { (distance(word, Array($0.utf8)), $0) }.filter { $0.0 <= limit }
        return near.min { $0 < $1 }?.1
    }

    /// The number of insertions, deletions and replacements between two words (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (byte == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
