internal import Glibc
public import Kernel
public import Records

/// The control group of a task that has no plan yet. A front end that is killed in between leaves an empty group, and a note
/// of it among the tasks: a link with the group's path.
public enum UnplannedGroup {
    static let prefix = ".group-"

    /// Notes that a group is about to be made.
    ///
    /// - Parameter path: Its absolute path.
    public static func note(_ id: TaskID, _ path: String, _ state: StateDirectory) throws(Errno) {
        try Files.link(path, as: prefix + id.text, at: state.tasks.number)
    }

    /// Takes the note back, if it is there: the group is gone, or its task has a plan.
    public static func forget(_ id: TaskID, _ state: StateDirectory) throws(Errno) {
        try removed { () throws(Errno) in try Files.remove(prefix + id.text, at: state.tasks.number) }
    }

    /// Removes the group, if it was made, and takes the note back.
    public static func remove(_ id: TaskID, _ path: String, _ state: StateDirectory) throws(Errno) {
        try removed { () throws(Errno) in try Files.remove(path, isDirectory: true) }
        try forget(id, state)
    }

    /// Removes the group that a note names, and the note. A group of a task that has a directory is left to that task.
    ///
    /// - Parameter name: Of the note, beginning with `prefix`.
    static func sweep(_ name: String, _ tasks: Int32) throws(Errno) {
        let (id, path) = (String(name.dropFirst(prefix.utf8.count)), try Files.target(name, at: tasks))
        if Paths.name(path) == id, try !isThere(id, tasks) {
            do {
                try removed { () throws(Errno) in try Files.remove(path, isDirectory: true) }
            } catch {
                // Nothing of ours was ever in it: somebody else uses it now, and the note stays for later.
                guard error.rawValue == EBUSY else { throw error }
                return
            }
        }
        try Files.remove(name, at: tasks)
    }

    private static func isThere(_ name: String, _ directory: Int32) throws(Errno) -> Bool {
        do {
            _ = try FileStatus.of(name, at: directory, follow: false)
            return true
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return false
        }
    }

    private static func removed(_ remove: () throws(Errno) -> Void) throws(Errno) {
        do {
            try remove()
        } catch {
            guard error.rawValue == ENOENT else { throw error }
        }
    }
}
