internal import Glibc
internal import Kernel

/// Directories that can't be a workspace under any policy.
enum ForbiddenPlace {
    /// Why a directory can't be a workspace, or nil.
    ///
    /// - Parameters:
    ///   - path: Its real path.
    ///   - off: Directories and files of our own that no task may change.
    static func reason(_ path: String, _ off: [String]) -> String? {
        if path == "/" { return "it is the root of the file system" }
        if shared.contains(path) { return "it is shared by the whole system" }
        if let tree = trees.first(where: { Paths.isWithin(path, $0) }), !isInSources(path) {
            return "it belongs to the system (\(tree))"
        }
        if path.utf8.contains(UInt8(ascii: "*")) {
            return "its name has a * in it, which stands for any name in the places of a policy"
        }
        if path == ownHome() { return "it is your home directory, with keys and settings in it" }
        if let home = homes().first(where: { Paths.isWithin($0, path) }) {
            return home == path
                ? "it is a home directory, with keys and settings in it" : "a home directory lies in it (\(home))"
        }
        if let own = off.first(where: { Paths.isWithin(path, $0) || Paths.isWithin($0, path) }) {
            return "Caisson keeps its state or policies there (\(own))"
        }
        return nil
    }

    private static let shared = [
        "/tmp", "/var", "/var/tmp", "/var/lib", "/home", "/opt", "/srv", "/mnt", "/media", "/root", "/usr/src",
        "/usr/local/src",
    ]

    private static let trees = [
        "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/boot", "/proc", "/sys", "/dev",
        "/run",
        "/var/log", "/var/run", "/var/spool", "/var/cache", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd",
    ]

    /// Sources of one program below /usr are somebody's work.
    private static func isInSources(_ path: String) -> Bool {
        ["/usr/src/", "/usr/local/src/"].contains { path.utf8.starts(with: $0.utf8) }
    }

    /// Home directories by /etc/passwd.
    private static func homes() -> [String] {
        var found: [String] = []
        do {
            for line in try Files.contents("/etc/passwd", limit: 1 << 20).split(separator: UInt8(ascii: "\n")) {
                let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                if fields.count > 5, fields[5].count > 1 { found.append(String(decoding: fields[5], as: UTF8.self)) }
            }
        } catch {
            // Without a list of users there is the caller's own home, and the places that are refused for everybody.
            return found
        }
        return found
    }

    /// $HOME by its real path, however it is spelled.
    private static func ownHome() -> String? {
        guard let home = Host.variable("HOME"), home.hasPrefix("/") else { return nil }
        do {
            return try Files.path(of: try Files.reference(home))
        } catch {
            // There is no such directory, and so no workspace that is or holds it.
            return nil
        }
    }
}
