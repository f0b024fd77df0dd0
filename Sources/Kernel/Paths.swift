/// Absolute paths as text. Nothing here touches the file system.
///
/// Names are bytes to the kernel: two spellings of an accented letter, which are equal as `String`, are two files.
public enum Paths {
    /// The components of a path without empty ones and `.`.
    public static func components(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    /// Whether `path` is `ancestor` or lies below it. Both are absolute and without `..`.
    public static func isWithin(_ path: String, _ ancestor: String) -> Bool { relative(path, to: ancestor) != nil }

    /// What of `path` lies below `ancestor`, without a slash before it; empty if they are the same, nil if it lies elsewhere.
    public static func relative(_ path: String, to ancestor: String) -> String? {
        let slash = UInt8(ascii: "/")
        guard path.utf8.starts(with: ancestor.utf8) else { return nil }
        let rest = path.utf8.dropFirst(ancestor.utf8.count)
        guard rest.isEmpty || rest.first == slash || ancestor.utf8.last == slash else { return nil }
        return String(Substring(rest.drop { $0 == slash }))
    }

    /// The directory above, or nil for `/` and for a bare name.
    public static func parent(_ path: String) -> String? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        if slash == path.startIndex { return path.utf8.count > 1 ? "/" : nil }
        return String(path[..<slash])
    }

    /// The last component.
    public static func name(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// Joins a directory and a relative path; an absolute path stays as it is.
    public static func join(_ directory: String, _ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }

    /// All directories above `path`, the highest first, without `/`.
    public static func ancestors(_ path: String) -> [String] {
        var found: [String] = []
        var current = parent(path)
        while let directory = current, directory != "/" {
            found.append(directory)
            current = parent(directory)
        }
        return found.reversed()
    }
}
