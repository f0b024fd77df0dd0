/// Paths as text, without asking the file system.
enum PathText {
    /// What follows the last slash.
    static func lastComponent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// Whether `path` is `place` or beneath it. A `..` in it is never beneath anything.
    static func isBeneath(_ path: String, _ place: String) -> Bool {
        guard !path.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) else {
            return false
        }
        let base = place.utf8.last == UInt8(ascii: "/") ? String(place.dropLast()) : place
        return path.utf8.elementsEqual(base.utf8) || path.utf8.starts(with: (base + "/").utf8)
    }

    /// A place of a policy with its placeholder filled in.
    static func expanded(_ place: String, workspace: String) -> String {
        place.hasPrefix("{workspace}") ? workspace + place.dropFirst(11) : place
    }
}
