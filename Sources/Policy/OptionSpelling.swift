/// The spellings in which programs accept an option that a rule denies (getopt_long(3), find(1)).
enum OptionSpelling {
    /// Whether the argument at `index` can be taken for `word`.
    static func matches(_ word: String, _ arguments: [String], at index: Int) -> Bool {
        let argument = arguments[index]
        if Glob.matches(word, argument) { return true }
        if word.hasPrefix("--") {
            return matchesLong(word, argument, next: index + 1 < arguments.count ? arguments[index + 1] : nil)
        }
        if let letter = shortLetter(of: word) { return isInCluster(letter, argument) }
        return word.hasPrefix("-") && matchesSingleDash(word, argument)
    }

    /// Whether a program sees an option in the argument. Bytes decide: to Swift, a `-` with an accent is another character.
    static func isOption(_ argument: String) -> Bool {
        argument.utf8.first == UInt8(ascii: "-")
    }

    /// A long option may be abbreviated, and its value may be attached by `=` or follow.
    ///
    /// An abbreviation that fits several options is refused by the program, so refusing it here loses nothing.
    private static func matchesLong(_ word: String, _ argument: String, next: String?) -> Bool {
        guard argument.utf8.starts(with: "--".utf8), argument.utf8.count > 2 else { return false }
        let (name, wanted) = split(word)
        let (given, value) = split(argument)
        let literal = name.utf8.prefix { $0 != UInt8(ascii: "*") }
        guard Glob.matches(name, given) || literal.starts(with: given.utf8) else { return false }
        guard let wanted else { return true }
        return Glob.matches(wanted, value ?? next?[...] ?? "")
    }

    /// `-c` is also in `-xc` and in `-cVALUE`. Letters and digits before it may be options of their own.
    private static func isInCluster(_ letter: UInt8, _ argument: String) -> Bool {
        let bytes = Array(argument.utf8)
        guard bytes.count >= 2, bytes[0] == UInt8(ascii: "-"), bytes[1] != UInt8(ascii: "-") else { return false }
        for byte in bytes.dropFirst() {
            if byte == letter { return true }
            guard isLetterOrDigit(byte) else { return false }
        }
        return false
    }

    /// `-exec` is also `--exec` and `-exec=VALUE` to some programs. It has no abbreviations: `-o` of find(1) is not `-ok`.
    private static func matchesSingleDash(_ word: String, _ argument: String) -> Bool {
        let (given, _) = split(argument)
        return Glob.matches(word, given) || Glob.matches("-" + word, given)
    }

    private static func shortLetter(of word: String) -> UInt8? {
        let bytes = Array(word.utf8)
        guard bytes.first == UInt8(ascii: "-") else { return nil }
        let isShort = bytes.count == 2 || (bytes.count == 3 && bytes[2] == UInt8(ascii: "*"))
        return isShort && bytes[1] != UInt8(ascii: "-") && bytes[1] != UInt8(ascii: "*") ? bytes[1] : nil
    }

    private static func split(_ text: String) -> (name: Substring, value: Substring?) {
        guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return (text[...], nil) }
        return (text[..<sign], text[text.utf8.index(after: sign)...])
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
