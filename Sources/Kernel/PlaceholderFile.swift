internal import Glibc

/// An empty file that stands in for a missing name, so that a mount can lie on it. Everybody who needs it holds a shared
/// lock on it; the last one removes it.
public enum PlaceholderFile {
    /// What no other file looks like: only to be read, and with a bit that means nothing on a file.
    public static let mode: UInt32 = 0o1444

    /// Whether a file is one.
    public static func isOne(_ status: FileStatus) -> Bool {
        status.isRegular && status.size == 0 && status.permissions == mode
    }

    /// Removes it, if it is still there and empty and nobody else needs it.
    ///
    /// - Parameters:
    ///   - file: The file, on which this process holds a lock.
    ///   - parent: Its directory.
    public static func remove(_ file: Int32, _ name: String, at parent: Int32) throws(Errno) {
        // Shared by another task as long as that one needs it; then it is the one that removes it.
        guard try Files.lock(file) else { return }
        let ours = try FileStatus.of(file)
        guard isOne(ours) else { return }
        do {
            let there = try FileStatus.of(name, at: parent, follow: false)
            if there.isSameFile(as: ours) { try Files.remove(name, at: parent) }
        } catch {
            // The host removed it: that is what was wanted.
            guard error.rawValue == ENOENT else { throw error }
        }
    }
}
