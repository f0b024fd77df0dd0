internal import Glibc
internal import Kernel

extension StateDirectory {
    /// The beginning of the names of directories of tasks that are being made.
    public static let unfinished = ".new-"

    /// The beginning of the names of directories of tasks that are being removed.
    public static let removed = ".old-"

    /// Nanoseconds after which a front end that has not given a directory its name is gone: it takes a millisecond.
    private static let patience: Int64 = 60_000_000_000

    /// Takes away what front ends left that were killed while they made a task's directory, of which nothing ever ran, or while
    /// they removed one.
    ///
    /// - Returns: What could not be taken away; the others are.
    public func sweepUnfinished() throws(TaskError) -> [TaskError] {
        let parent = tasks.number
        let names = try on("\(path)/tasks") { () throws(Errno) in try Files.names(in: ".", at: parent) }
        var left: [TaskError] = []
        let prefixes = [Self.unfinished, Self.removed, UnplannedGroup.prefix]
        for name in names where prefixes.contains(where: name.hasPrefix) {
            do { try sweep(name) } catch { left.append(.system("\(path)/tasks/\(name)", error)) }
        }
        return left
    }

    private func sweep(_ name: String) throws(Errno) {
        do throws(Errno) {
            let status = try FileStatus.of(name, at: tasks.number, follow: false)
            guard Clock.now() - status.modified > Self.patience else { return }
            if name.hasPrefix(UnplannedGroup.prefix) { return try UnplannedGroup.sweep(name, tasks.number) }
            guard try !isLocked(name) else { return }
            try Files.removeTree(name, at: tasks.number)
        } catch {
            // It got its name in the meantime.
            guard error.rawValue == ENOENT else { throw error }
        }
    }

    /// Whether a front end still holds the lock on the record, if there is one.
    private func isLocked(_ name: String) throws(Errno) -> Bool {
        do throws(Errno) {
            let record = try Files.open("\(name)/\(TaskFile.record.rawValue)", O_RDWR | O_NOFOLLOW, at: tasks.number)
            return try !Files.lock(record.number)
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else { throw error }
            return false
        }
    }
}
