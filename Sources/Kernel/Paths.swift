/// Absolute paths as text. Nothing here touches the file system.
public enum Paths {
    /// The components of a path without empty ones and `.`.
    public static func components(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    /// Whether `path` is `ancestor` or lies below it. Both are absolute and without `..`.
    public static func isWithin(_ path: String, _ ancestor: String) -> Bool {
        ancestor == "/" || path == ancestor || path.hasPrefix(ancestor.hasSuffix("/") ? ancestor : ancestor + "/")
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
