internal import Glibc
internal import Kernel
internal import Policy

/// A name of the host that a policy hides or protects, as it is at the launch.
struct CoveredPath: Hashable {
    let path: String
    let isDirectory: Bool

    /// Finds the names behind patterns. Links are never followed: what a link points to has a name of its own.
    static func find(_ patterns: [String]) throws(LaunchError) -> [CoveredPath] {
        var found: [CoveredPath] = []
        for pattern in patterns {
            let components = Paths.components(pattern)
            let literal = components.prefix { !$0.contains("*") }
            let base = "/" + literal.joined(separator: "/")
            if literal.count == components.count {
                if let path = try examine(base) { found.append(path) }
            } else {
                try search(base, pattern, &found)
            }
        }
        return found
    }

    private static func examine(_ path: String) throws(LaunchError) -> CoveredPath? {
        do {
            let status = try FileStatus.of(path, follow: false)
            // A cover over a link would lie on what it leads to.
            return status.isSymbolicLink ? nil : CoveredPath(path: path, isDirectory: status.isDirectory)
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else {
                throw LaunchError(.failed, "files", "\(path): \(error)")
            }
            return nil
        }
    }

    /// More entries than this are not searched: the launch would take seconds.
    private static let searchLimit = 500_000

    private static func search(_ base: String, _ pattern: String, _ found: inout [CoveredPath]) throws(LaunchError) {
        var left = [base]
        var seen = 0
        while let directory = left.popLast() {
            for name in try names(directory) {
                seen += 1
                guard seen < searchLimit else {
                    throw LaunchError(
                        .failed, "files.protect",
                        "more than \(searchLimit) names lie below \(base), too many to search for \(pattern)",
                        remedy: "name a smaller directory in the pattern")
                }
                guard let path = try examine("\(directory)/\(name)") else { continue }
                if PathPattern.matches(pattern, path.path) {
                    found.append(path)
                } else if path.isDirectory {
                    left.append(path.path)
                }
            }
        }
    }

    private static func names(_ directory: String) throws(LaunchError) -> [String] {
        do {
            return try Files.names(in: directory)
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else {
                throw LaunchError(.failed, "files", "\(directory): \(error)")
            }
            return []
        }
    }
}
