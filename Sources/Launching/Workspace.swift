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
        let isNamed = try Workspace.leads(real, to: status)
        if let why = ForbiddenPlace.reason(real, off + policy.sources) ?? (isNamed ? nil : Workspace.unnamed) {
            throw LaunchError(.refused, "workspace", "\(real) can't be a workspace: \(why)", remedy: Workspace.remedy)
        }
        try Workspace.check(real, status, policy)
        (self.path, owner, group) = (real, status.owner, status.group)
    }

    /// A directory in the workspace, by an absolute path or one relative to the workspace. Links can't lead out of it.
    ///
    /// - Returns: Its real path.
    public func directory(_ wanted: String) throws(LaunchError) -> String {
        let below = Paths.relative(wanted, to: path)
        guard below != nil || !wanted.hasPrefix("/") else {
            throw LaunchError(
                .refused, "workspace", "\(VisibleText.quoted(wanted)) is outside of the workspace \(path)",
                remedy: "name a directory beneath it")
        }
        let name = below ?? wanted
        do {
            let flags = O_RDONLY | O_DIRECTORY
            return try Files.path(of: try Files.openBeneath(directory.number, name.isEmpty ? "." : name, flags))
        } catch {
            let why = error.rawValue == EXDEV ? "it leads out of the workspace \(path)" : "\(error)"
            throw LaunchError(
                .refused, "workspace", "\(VisibleText.quoted(wanted)) can't be the directory: \(why)",
                remedy: "name a directory beneath \(path)")
        }
    }

    /// Every other part of the launch names the directory by its path: it must be the path of this directory.
    private static func leads(_ path: String, to status: FileStatus) throws(LaunchError) -> Bool {
        do {
            return try FileStatus.of(path).isSameFile(as: status)
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else { throw unusable(path, error) }
            return false
        }
    }

    private static let unnamed = "that path does not lead to it: its name is not UTF-8, or it was moved"

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
}
