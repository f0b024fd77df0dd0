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
    /// - Throws: A protected name that is a link, or is reached through one.
    static func find(_ patterns: [String], _ purpose: Purpose, below places: [String]) throws(LaunchError)
        -> [CoveredPath]
    {
        var search = CoveredPathSearch(purpose: purpose, places: places)
        for pattern in patterns { try search.find(pattern) }
        return search.found
    }
}

/// A walk through the host's directories for the names that patterns stand for.
private struct CoveredPathSearch {
    let purpose: CoveredPath.Purpose
    let places: [String]
    var found: [CoveredPath] = []

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
        var left = [base]
        var seen = 0
        while let directory = left.popLast() {
            for name in try names(directory) {
                seen += 1
                guard seen < Self.limit else {
                    throw LaunchError(
                        .failed, purpose.rawValue,
                        "more than \(Self.limit) names lie below \(base), too many to search for \(pattern)",
                        remedy: "name a smaller directory in the pattern")
                }
                let path = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
                guard let status = try status(path) else { continue }
                if PathPattern.matches(pattern, path) {
                    try add(path, status)
                } else if status.isDirectory {
                    left.append(path)
                }
            }
        }
    }

    private func names(_ directory: String) throws(LaunchError) -> [String] {
        try examined(directory) { () throws(Errno) in try Files.names(in: directory) } ?? []
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
                throw LaunchError(.failed, purpose.rawValue, "\(path): \(error)")
            }
            return nil
        }
    }
}
