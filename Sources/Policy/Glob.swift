/// `*` in the words of a policy: any run of bytes, an empty one too. Nothing else is special.
public enum Glob {
    /// Whether the whole of `text` has the form of `pattern`. The time is bounded by the product of both lengths.
    public static func matches(_ pattern: some StringProtocol, _ text: some StringProtocol) -> Bool {
        matches(Array(pattern.utf8), Array(text.utf8))
    }

    /// The same for bytes.
    static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var (at, place) = (0, 0)
        var (star, resume) = (-1, 0)
        while place < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                (star, resume) = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == text[place] {
                at += 1
                place += 1
            } else if star >= 0 {
                resume += 1
                (at, place) = (star + 1, resume)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
