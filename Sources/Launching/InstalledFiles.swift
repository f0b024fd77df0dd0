internal import Glibc
internal import Kernel

/// What was installed together with the running program. Nothing is looked up by PATH or the environment.
public enum InstalledFiles {
    /// Directories in which something of ours may be: next to the program, in the installation's tree, in a checkout.
    static func places(_ name: String, below tree: String) throws(LaunchError) -> [String] {
        let program = try on("/proc/self/exe") { () throws(Errno) in try Host.program() }
        guard let directory = Paths.parent(program) else { return [] }
        var places = ["\(directory)/\(name)"]
        if let prefix = prefix(of: directory) { places.append("\(prefix)/\(tree)/\(name)") }
        // SwiftPM's layout: CHECKOUT/.build/TRIPLE/CONFIGURATION/PROGRAM.
        let components = Paths.components(directory)
        if components.count > 3, components[components.count - 3] == ".build" {
            places.append("/" + components.dropLast(3).joined(separator: "/") + "/\(name)")
        }
        return places
    }

    /// The root of an installation: of `PREFIX/bin` and of `PREFIX/libexec/caisson` it is PREFIX.
    private static func prefix(of directory: String) -> String? {
        let own = "/libexec/caisson"
        return directory.hasSuffix(own) ? String(directory.dropLast(own.count)) : Paths.parent(directory)
    }

    /// The path of a program of ours, checked: nobody but root and this user may have written it.
    public static func program(_ name: String) throws(LaunchError) -> String {
        for path in try places(name, below: "libexec/caisson") {
            let status: FileStatus
            do throws(Errno) {
                status = try FileStatus.of(path)
            } catch {
                if error.rawValue == ENOENT || error.rawValue == ENOTDIR { continue }
                throw LaunchError(.failed, "launch", "\(path): \(error)")
            }
            guard status.isRegular, status.owner == 0 || status.owner == Host.user, status.permissions & 0o022 == 0
            else {
                throw LaunchError(
                    .failed, "launch",
                    "\(path) can't be trusted: it belongs to uid \(status.owner) with mode "
                        + String(status.permissions, radix: 8),
                    remedy: "it must belong to root or to you, and nobody else may write it")
            }
            return path
        }
        throw LaunchError(.failed, "launch", "\(name) is missing next to the program", remedy: "install Caisson again")
    }
}
