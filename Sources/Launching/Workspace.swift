internal import Glibc
public import Kernel
public import Policy

/// The directory that a task works in: checked once, held by a descriptor, and shown inside at the same path.
public final class Workspace: Sendable {
    /// Its real path.
    public let path: String
    /// The directory as it was checked.
    public let directory: Descriptor
    /// Its owner on disk.
    public let owner: UInt32
    /// Its group on disk.
    public let group: UInt32

    /// Opens and checks a workspace.
    ///
    /// - Parameters:
    ///   - path: As the caller named it; links are followed, and what they lead to is what is checked.
    ///   - policy: Says where workspaces may be and whether root's own directories may be one.
    ///   - off: Directories that a task must never write in: the state directory and those of the policies.
    public init(_ path: String, policy: EffectivePolicy, off: [String]) throws(LaunchError) {
        directory = try Workspace.open(path)
        let number = directory.number
        let status = try on("workspace \(path)") { () throws(Errno) in try FileStatus.of(number) }
        let real = try on("workspace \(path)") { () throws(Errno) in try Files.path(of: number) }
        if let why = Workspace.refusal(real, off) {
            throw LaunchError(.refused, "workspace", "\(real) can't be a workspace: \(why)", remedy: Workspace.remedy)
        }
        try Workspace.check(real, status, policy)
        (self.path, owner, group) = (real, status.owner, status.group)
    }

    /// A directory in the workspace, by an absolute path or one relative to the workspace. Links can't lead out of it.
    ///
    /// - Returns: Its real path.
    public func directory(_ wanted: String) throws(LaunchError) -> String {
        let isWithin = Paths.isWithin(wanted, path)
        guard isWithin || !wanted.hasPrefix("/") else {
            throw LaunchError(
                .refused, "workspace", "\(VisibleText.quoted(wanted)) is outside of the workspace \(path)",
                remedy: "name a directory beneath it")
        }
        let name = (isWithin ? wanted.dropFirst(path.utf8.count) : wanted[...]).drop { $0 == "/" }
        do {
            let flags = O_RDONLY | O_DIRECTORY
            return try Files.path(of: try Files.openBeneath(directory.number, name.isEmpty ? "." : String(name), flags))
        } catch {
            let why = error.rawValue == EXDEV ? "it leads out of the workspace \(path)" : "\(error)"
            throw LaunchError(
                .refused, "workspace", "\(VisibleText.quoted(wanted)) can't be the directory: \(why)",
                remedy: "name a directory beneath \(path)")
        }
    }

    private static func open(_ path: String) throws(LaunchError) -> Descriptor {
        do {
            return try Files.open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            throw unusable(path, error)
        }
    }

    private static let remedy = "name a directory of its own for the work with --workspace DIR"

    private static func unusable(_ path: String, _ error: Errno) -> LaunchError {
        let remedy =
            switch error.rawValue {
            case ENOENT: "make the directory first, or name another one with --workspace DIR"
            case EACCES: "you need read permission on the directory, and execute permission on those above it"
            default: Workspace.remedy
            }
        return LaunchError(.refused, "workspace", "the workspace \(path) can't be opened: \(error)", remedy: remedy)
    }

    private static func check(_ path: String, _ status: FileStatus, _ policy: EffectivePolicy) throws(LaunchError) {
        let places = policy.files.workspaces
        guard places.isEmpty || places.contains(where: { isWithin(path, $0) }) else {
            throw LaunchError(
                .refused, "workspace",
                "\(path) is outside of files.workspaces = \(places) (\(policy.origins["files.workspaces"]?.description ?? "policy"))",
                remedy: "name a workspace beneath one of these places")
        }
        if Host.user == 0, status.owner == 0, !policy.files.rootWorkspace {
            throw LaunchError(
                .refused, "workspace",
                "\(path) belongs to root, and policy \"\(policy.name)\" has files.root_workspace = false",
                remedy:
                    "chown it to the user whose work it is, or set files.root_workspace with a [[relax]] that says why")
        }
    }

    /// Whether a path lies beneath a place in which components may have `*`.
    private static func isWithin(_ path: String, _ pattern: String) -> Bool {
        let (mine, wanted) = (Paths.components(path), Paths.components(pattern))
        return mine.count >= wanted.count && zip(wanted, mine).allSatisfy { Glob.matches($0, $1) }
    }

    /// Why a directory can't be a workspace under any policy, or nil.
    static func refusal(_ path: String, _ off: [String]) -> String? {
        if path == "/" { return "it is the root of the file system" }
        if exact.contains(path) { return "it is shared by the whole system" }
        if let tree = trees.first(where: { Paths.isWithin(path, $0) }) { return "it belongs to the system (\(tree))" }
        if let part = trees.first(where: { Paths.isWithin($0, path) }) { return "it has \(part) of the system in it" }
        if homes().contains(path) { return "it is a home directory, with keys and settings in it" }
        if let own = off.first(where: { Paths.isWithin(path, $0) || Paths.isWithin($0, path) }) {
            return "Caisson keeps its state or policies there (\(own))"
        }
        return nil
    }

    private static let exact: Set<String> = [
        "/tmp", "/var", "/var/tmp", "/var/lib", "/home", "/opt", "/srv", "/mnt", "/media", "/root", "/run",
        "/usr/local",
        "/usr/local/src", "/usr/src",
    ]

    private static let trees = [
        "/etc", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libexec", "/usr/share",
        "/usr/include", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/boot", "/proc", "/sys", "/dev",
        "/var/log", "/var/run", "/var/spool", "/var/cache", "/run/user",
    ]

    /// Home directories of real users by /etc/passwd, and the caller's own.
    private static func homes() -> Set<String> {
        var found: Set<String> = []
        if let own = Host.environment()["HOME"] { found.insert(own) }
        do {
            let text = String(decoding: try Files.contents("/etc/passwd", limit: 1 << 20), as: UTF8.self)
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                if fields.count > 5, fields[5].count > 1 { found.insert(String(fields[5])) }
            }
        } catch {
            // Without a list of users there is the caller's own home, and the places that are refused for everybody.
            return found
        }
        return found
    }
}
