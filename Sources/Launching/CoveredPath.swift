internal import Glibc
internal import Kernel
internal import Policy

/// A name of the host that a policy hides or protects, as it is at the launch.
struct CoveredPath: Hashable {
    let path: String
    let isDirectory: Bool

    /// Names are bytes: two spellings of an accented letter, which are equal as `String`, are two files.
    static func == (left: CoveredPath, right: CoveredPath) -> Bool { left.path.utf8.elementsEqual(right.path.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in path.utf8 { hasher.combine(byte) }
    }

    /// What a policy wants of a name.
    enum Purpose: String {
        /// It shall not be seen: behind a link, that is what the link leads to.
        case hide = "files.hide"
        /// It shall stay as it is: a link could be replaced, and no mount can lie on one.
        case protect = "files.protect"
    }

    /// Finds the names behind patterns.
    ///
    /// - Returns: What is to be covered, and the names for which patterns with a `*` stand, links as they are.
    /// - Throws: A protected name that is a link, or is reached through one.
    static func find(_ patterns: [String], _ purpose: Purpose, below places: [String]) throws(LaunchError)
        -> (paths: [CoveredPath], matches: [String])
    {
        var search = CoveredPathSearch(purpose: purpose, places: places)
        for pattern in patterns { try search.find(pattern) }
        return (search.found, search.matches)
    }
}

/// A walk through the host's directories for the names that patterns stand for.
private struct CoveredPathSearch {
    let purpose: CoveredPath.Purpose
    let places: [String]
    var found: [CoveredPath] = []
    var matches: [String] = []

    /// More entries than this are not searched: the launch would take seconds.
    private static let limit = 500_000

    mutating func find(_ pattern: String) throws(LaunchError) {
        let components = Paths.components(pattern)
        let literal = components.prefix { !$0.contains("*") }
        let base = "/" + literal.joined(separator: "/")
        guard literal.count == components.count else { return try search(base, pattern) }
        if let status = try status(base) { return try add(base, status) }
        if purpose == .protect, let link = try linkAbove(base) { throw Self.unprotected(base, link) }
    }

    /// Adds a name that a pattern stands for.
    private mutating func add(_ path: String, _ status: FileStatus) throws(LaunchError) {
        let link = try status.isSymbolicLink ? path : linkAbove(path)
        guard let link else { return found.append(CoveredPath(path: path, isDirectory: status.isDirectory)) }
        guard purpose == .hide else { throw Self.unprotected(path, link) }
        guard let target = try target(path), places.contains(where: { Paths.isWithin(target.path, $0) }) else { return }
        found.append(target)
    }

    private static func unprotected(_ path: String, _ link: String) -> LaunchError {
        LaunchError(
            .refused, "files", "\(path) can't be protected: \(link) is a link, which the task could replace",
            remedy: "put what the link leads to in its place, or take the name out of files.protect")
    }

    /// The first link on the way from the place that holds a name to the name itself.
    private func linkAbove(_ path: String) throws(LaunchError) -> String? {
        guard let place = places.first(where: { Paths.isWithin(path, $0) }) else { return nil }
        for above in Paths.ancestors(path) where above != place && Paths.isWithin(above, place) {
            if try status(above)?.isSymbolicLink == true { return above }
        }
        return nil
    }

    /// What a link leads to; nil: nothing.
    private func target(_ path: String) throws(LaunchError) -> CoveredPath? {
        try examined(path) { () throws(Errno) in
            let file = try Files.reference(path)
            return CoveredPath(
                path: try Files.path(of: file.number), isDirectory: try FileStatus.of(file.number).isDirectory)
        }
    }

    private mutating func search(_ base: String, _ pattern: String) throws(LaunchError) {
        let walk = PatternWalk([pattern])
        var left = [(path: base, place: walk.place(of: base))]
        var seen = 0
        while let directory = left.popLast() {
            for entry in try entries(directory.path) {
                seen += 1
                guard seen < Self.limit else { throw tooMany(base, pattern) }
                let place = walk.advanced(directory.place, over: entry.name)
                guard !place.isDead else { continue }
                let name = String(decoding: entry.name, as: UTF8.self)
                let path = directory.path == "/" ? "/\(name)" : "\(directory.path)/\(name)"
                if walk.isMatch(place) {
                    guard let status = try status(path) else { continue }
                    matches.append(path)
                    try add(path, status)
                } else if try isDirectory(entry, path) {
                    left.append((path, place))
                }
            }
        }
    }

    private func isDirectory(_ entry: DirectoryEntry, _ path: String) throws(LaunchError) -> Bool {
        if let isDirectory = entry.isDirectory { return isDirectory }
        return try status(path)?.isDirectory == true
    }

    private func tooMany(_ base: String, _ pattern: String) -> LaunchError {
        LaunchError(
            .failed, purpose.rawValue,
            "more than \(Self.limit) names lie below \(base), too many to search for \(pattern)",
            remedy: "name a smaller directory in the pattern")
    }

    private func entries(_ directory: String) throws(LaunchError) -> [DirectoryEntry] {
        try examined(directory) { () throws(Errno) in
            var entries: [DirectoryEntry] = []
            try Files.visit(try Files.open(directory, O_RDONLY | O_DIRECTORY)) { entry in
                entries.append(entry)
                return entries.count < Self.limit
            }
            return entries
        } ?? []
    }

    private func status(_ path: String) throws(LaunchError) -> FileStatus? {
        try examined(path) { () throws(Errno) in try FileStatus.of(path, follow: false) }
    }

    /// What is not there, or not for this user to see, is not there for the task either.
    private func examined<Value>(_ path: String, _ body: () throws(Errno) -> Value) throws(LaunchError) -> Value? {
        do {
            return try body()
        } catch {
            guard [ENOENT, ENOTDIR, EACCES, ELOOP].contains(error.rawValue) else {
                throw LaunchError(
                    .failed, purpose.rawValue, "\(VisibleText.bounded(path)) can't be searched: \(error)",
                    remedy: "remove it, or name a smaller directory in the pattern")
            }
            return nil
        }
    }
}
