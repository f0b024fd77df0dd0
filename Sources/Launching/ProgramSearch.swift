internal import Glibc
internal import Kernel
public import Policy

/// Finds programs on the host: a name on a path list, a path by itself, a path with `*` in it.
public enum ProgramSearch {
    /// What a search found.
    public enum Finding: Sendable, Equatable {
        /// A file that can be executed.
        case program(ProgramIdentity)
        /// There is something of that name that can't be executed: what, and why.
        case unusable(String, String)
        /// There is nothing of that name.
        case nothing
    }

    /// Finds the file behind a name.
    ///
    /// - Parameters:
    ///   - name: Looked up on `path` without a slash; with one, relative to `directory` unless absolute.
    ///   - path: Absolute directories.
    public static func find(_ name: String, path: [String], directory: String = "/") throws(LaunchError) -> Finding {
        guard !name.isEmpty, !name.utf8.contains(0) else { return .nothing }
        if name.contains("/") { return try examine(Paths.join(directory, name)) }
        var unusable = Finding.nothing
        for place in path {
            switch try examine("\(place)/\(name)") {
            case .program(let program): return .program(program)
            case .unusable(let path, let why): unusable = .unusable(path, why)
            case .nothing: continue
            }
        }
        return unusable
    }

    /// The program behind a name, or nil.
    public static func program(_ name: String, path: [String]) throws(LaunchError) -> ProgramIdentity? {
        if case .program(let program) = try find(name, path: path) { return program }
        return nil
    }

    private static func examine(_ path: String) throws(LaunchError) -> Finding {
        do throws(Errno) {
            let file = try Files.reference(path)
            let status = try FileStatus.of(file.number)
            if status.isDirectory { return .unusable(path, "it is a directory") }
            guard status.isRegular else { return .unusable(path, "it is not a regular file") }
            guard status.permissions & 0o111 != 0 else { return .unusable(path, "it has no execute permission") }
            return .program(ProgramIdentity(status, path: try Files.path(of: file.number)))
        } catch {
            switch error.rawValue {
            case ENOENT, ENOTDIR, ENAMETOOLONG: return .nothing
            case EACCES, ELOOP: return .unusable(path, error.description)
            default: throw LaunchError(.failed, "launch", "\(path): \(error)")
            }
        }
    }

    /// The programs under an absolute path in which components may have `*`; files without execute permission are none.
    public static func expand(_ pattern: String) throws(LaunchError) -> [ProgramIdentity] {
        var paths = [""]
        for component in Paths.components(pattern) {
            var next: [String] = []
            for base in paths { next += try expand(base, String(component)) }
            paths = next
        }
        var found: [ProgramIdentity] = []
        for path in paths {
            if case .program(let program) = try examine(path) { found.append(program) }
        }
        return found
    }

    private static func expand(_ base: String, _ component: String) throws(LaunchError) -> [String] {
        guard component.contains("*") else { return ["\(base)/\(component)"] }
        do {
            return try Files.names(in: base.isEmpty ? "/" : base)
                .filter { !$0.hasPrefix(".") && Glob.matches(component, $0) }.sorted().map { "\(base)/\($0)" }
        } catch {
            guard [ENOENT, ENOTDIR, EACCES].contains(error.rawValue) else {
                throw LaunchError(.failed, "launch", "\(base): \(error)")
            }
            return []
        }
    }
}

extension ProgramIdentity {
    /// A file as stat(2) describes it.
    init(_ status: FileStatus, path: String) {
        self.init(
            path: path, device: status.device, inode: status.inode, size: status.size, modified: status.modified,
            changed: status.changed)
    }
}
