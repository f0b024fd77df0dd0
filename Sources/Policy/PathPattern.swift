/// Places of a policy: absolute paths, with `{workspace}` or `{state}` at their start and `*` where a key allows it.
///
/// `*` stands for any run of bytes inside one component, `**` as a whole component for any number of components.
public enum PathPattern {
    /// Whether a path is one that the pattern stands for.
    public static func matches(_ pattern: String, _ path: String) -> Bool {
        let walk = PatternWalk([pattern])
        return walk.isMatch(walk.place(of: path))
    }

    /// Whether every place that `other` stands for is one that `pattern` stands for. In doubt, no.
    ///
    /// - Parameter beneath: Whether a place stands for everything beneath it as well.
    public static func covers(_ pattern: String, _ other: String, beneath: Bool) -> Bool {
        let (left, right) = (components(pattern), components(other))
        if same(left, right) { return true }
        guard !left.contains("**"), !right.contains("**"),
            beneath ? left.count <= right.count : left.count == right.count
        else { return false }
        return zip(left, right).allSatisfy { part, otherPart in
            part == "*"
                || (otherPart.utf8.contains(UInt8(ascii: "*"))
                    ? part.utf8.elementsEqual(otherPart.utf8) : Glob.matches(part, otherPart))
        }
    }

    /// The components of a path, without empty ones.
    static func components(_ path: String) -> [Substring] {
        path.split(separator: "/")
    }

    private static func same(_ left: [Substring], _ right: [Substring]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
}
