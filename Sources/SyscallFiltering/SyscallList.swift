/// Lists of names and `@groups`, as policies and files of bases have them.
enum SyscallList {
    /// A word, and the line that it stands in.
    struct Word: Equatable {
        let text: String
        let line: Int?
    }

    /// The words of a file: separated by white space, `#` begins a comment.
    static func parse(_ text: String) -> [Word] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            words(String(line.prefix { $0 != "#" })).map { Word(text: $0, line: index + 1) }
        }
    }

    static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// The calls that a word means.
    static func calls(_ word: Word) throws(FilterError) -> Set<String> {
        if let group = SyscallGroup.calls(of: word.text) { return group }
        if !word.text.hasPrefix("@"), SyscallNumber.of(word.text) != nil { return [word.text] }
        throw .unknownName(word.text, line: word.line, nearest: nearest(to: word.text))
    }

    private static func nearest(to name: String) -> String? {
        Spelling.nearest(to: name, among: SyscallGroup.known.union(SyscallGroup.all.map(\.name)))
    }
}
