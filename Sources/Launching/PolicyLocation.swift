internal import Glibc
internal import Kernel

/// Where policies are found, and whether a file may be one.
public struct PolicyLocation: Sendable {
    /// The directories in which names are looked up, the first one first.
    public let directories: [String]

    /// `$CAISSON_POLICIES`, `/etc/caisson/policies`, and the policies that were installed with the program.
    public init(_ environment: [String: String]) throws(LaunchError) {
        var found: [String] = []
        if let own = environment["CAISSON_POLICIES"], !own.isEmpty { found.append(own) }
        found.append("/etc/caisson/policies")
        found.append(contentsOf: try InstalledFiles.places("policies", below: "share/caisson"))
        directories = try found.map { (path) throws(LaunchError) in try Self.absolute(path) }
    }

    /// The real path of a directory; of one that is not there, where it would be made.
    private static func absolute(_ path: String) throws(LaunchError) -> String {
        do {
            return try Files.path(of: try Files.reference(path))
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else {
                throw LaunchError(.failed, "policy", "\(path): \(error)")
            }
            return Paths.join(try on(path) { () throws(Errno) in try Host.currentDirectory() }, path)
        }
    }

    /// The path of a policy by its name, or by its path where callers may give one.
    ///
    /// - Parameter allowsPath: Whether a text with a slash or ending in `.toml` is a path.
    public func find(_ name: String, allowsPath: Bool) throws(LaunchError) -> String {
        if allowsPath, name.contains("/") || name.hasSuffix(".toml") { return try real(name) }
        if let path = try lookUp(name) { return path }
        let known = try names()
        throw LaunchError(
            .failed, "policy", "there is no policy \"\(name)\" in \(directories.joined(separator: ", "))",
            remedy: known.isEmpty
                ? "name a file with --policy ./FILE.toml" : "the policies there are: \(known.joined(separator: ", "))")
    }

    /// The path of a policy by its name; nil: no directory has it.
    public func lookUp(_ name: String) throws(LaunchError) -> String? {
        for path in candidates(name) {
            if try isThere(path) { return try real(path) }
        }
        return nil
    }

    private func isThere(_ path: String) throws(LaunchError) -> Bool {
        do {
            return try FileStatus.of(path).isRegular
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else {
                throw LaunchError(.failed, "policy", "the policy \(path) can't be read: \(error)")
            }
            return false
        }
    }

    /// Every path at which a policy of this name would be found: a new file at an earlier one wins.
    public func candidates(_ name: String) -> [String] {
        guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else { return [] }
        return directories.map { "\($0)/\(name).toml" }
    }

    /// The path of a list of system calls by its name: a file in `syscalls` beside the policies; nil: there is none.
    public func syscallList(_ name: String) throws(LaunchError) -> String? {
        for path in syscallCandidates(name) {
            if try isThere(path) { return try real(path) }
        }
        return nil
    }

    /// Every path at which a list of system calls of this name would be found: a new file at an earlier one wins.
    public func syscallCandidates(_ name: String) -> [String] {
        guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else { return [] }
        return directories.map { "\($0)/syscalls/\(name)" }
    }

    /// The names of all policies that can be found.
    public func names() throws(LaunchError) -> [String] {
        var found: Set<String> = []
        for directory in directories {
            do {
                for name in try Files.names(in: directory) where name.hasSuffix(".toml") {
                    found.insert(String(name.dropLast(5)))
                }
            } catch {
                guard error.rawValue == ENOENT else {
                    throw LaunchError(.failed, "policy", "\(directory) can't be read: \(error)")
                }
            }
        }
        return found.sorted()
    }

    private func real(_ path: String) throws(LaunchError) -> String {
        try on("policy \(path)", remedy: "check the path, or name a policy with `--policy NAME`") { () throws(Errno) in
            try Files.path(of: try Files.reference(path))
        }
    }

    /// Reads a policy file that nobody but root and this user can have written.
    public static func read(_ path: String) throws(LaunchError) -> [UInt8] {
        let file = try on("policy \(path)") { () throws(Errno) in try Files.open(path, O_RDONLY | O_NONBLOCK) }
        let number = file.number
        let status = try on("policy \(path)") { () throws(Errno) in try FileStatus.of(number) }
        guard status.isRegular else { throw LaunchError(.failed, "policy", "\(path) is not a file") }
        try refuseOthers(path, status)
        if let parent = Paths.parent(path) {
            try refuseOthers(parent, try on(parent) { () throws(Errno) in try FileStatus.of(parent) })
        }
        return try on("policy \(path)") { () throws(Errno) in try Transfer.readAll(number, limit: 1 << 20) }
    }

    /// Whoever can write a policy or replace it decides what tasks may do.
    private static func refuseOthers(_ path: String, _ status: FileStatus) throws(LaunchError) {
        guard status.owner == 0 || status.owner == Host.user else {
            throw LaunchError(
                .failed, "policy", "the policy can't be trusted: \(path) belongs to uid \(status.owner)",
                remedy: "chown it to root or to the user who runs Caisson")
        }
        let isSticky = status.isDirectory && status.permissions & 0o1000 != 0
        guard status.permissions & 0o022 == 0 || isSticky else {
            throw LaunchError(
                .failed, "policy", "the policy can't be trusted: others may write \(path)", remedy: "chmod go-w \(path)"
            )
        }
    }
}
