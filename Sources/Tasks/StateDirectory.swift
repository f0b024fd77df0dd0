internal import Glibc
public import Kernel
public import Records

/// Where everything is that outlives a front end: one directory for each task, the compiled policies, the ledger.
///
/// Any number of front ends have it open at the same time. What it holds is the truth; no front end has state of its own.
public final class StateDirectory: Sendable {
    /// Its absolute path.
    public let path: String
    /// The directory itself: what is done in it is done beneath this descriptor.
    public let directory: Descriptor
    /// The directory of the tasks.
    public let tasks: Descriptor

    /// Opens a state directory, and makes it where it is missing.
    ///
    /// It must belong to this user alone: whoever can write in it can take over every task.
    ///
    /// - Parameter path: Absolute, or relative to the current directory.
    public init(_ path: String) throws(TaskError) {
        let opened = try StateDirectory.opened(path)
        let parent = opened.number
        self.path = try on(path) { () throws(Errno) in try Files.path(of: parent) }
        directory = opened
        tasks = try on("\(path)/tasks") { () throws(Errno) in try Files.subdirectory("tasks", at: parent) }
    }

    /// The path that holds where the caller names none: `$CAISSON_STATE`, else `/var/lib/caisson` for root and
    /// `$XDG_STATE_HOME/caisson` or `~/.local/state/caisson` for others.
    public static func standardPath(_ environment: [String: String]) throws(TaskError) -> String {
        if let path = environment["CAISSON_STATE"], !path.isEmpty { return path }
        if Host.user == 0 { return "/var/lib/caisson" }
        if let path = environment["XDG_STATE_HOME"], path.hasPrefix("/") { return "\(path)/caisson" }
        if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.local/state/caisson" }
        throw .stateDirectory(
            "~/.local/state/caisson", "neither HOME nor XDG_STATE_HOME is set", remedy: "name one with --state DIR")
    }

    private static func opened(_ path: String) throws(TaskError) -> Descriptor {
        let (number, status): (Int32, FileStatus)
        do throws(Errno) {
            try Files.makeDirectories(path)
            let opened = try Files.open(path, O_RDONLY | O_DIRECTORY)
            (status, number) = (try FileStatus.of(opened.number), opened.release())
        } catch {
            throw .stateDirectory(path, error.description, remedy: "name another one with --state DIR or CAISSON_STATE")
        }
        let directory = Descriptor(owning: number)
        guard status.owner == Host.user else {
            throw .stateDirectory(
                path, "it belongs to uid \(status.owner), and you are uid \(Host.user)",
                remedy: "name one of your own with --state DIR or CAISSON_STATE")
        }
        guard status.permissions & 0o077 == 0 else {
            throw .stateDirectory(path, "others may enter it", remedy: "chmod 700 \(path)")
        }
        return directory
    }

    /// A subdirectory for what front ends keep, made where it is missing.
    public func subdirectory(_ name: String) throws(TaskError) -> Descriptor {
        let parent = directory.number
        return try on("\(path)/\(name)") { () throws(Errno) in try Files.subdirectory(name, at: parent) }
    }

    /// The names of all tasks, in no particular order.
    public func taskIDs() throws(TaskError) -> [TaskID] { try entries().tasks }

    /// The names of all tasks, and the other names that are beside them, in no particular order.
    public func entries() throws(TaskError) -> (tasks: [TaskID], others: [String]) {
        let number = tasks.number
        let names = try on("\(path)/tasks") { () throws(Errno) in try Files.names(in: ".", at: number) }
        var entries: (tasks: [TaskID], others: [String]) = ([], [])
        for name in names {
            if let id = TaskID(name) { entries.tasks.append(id) } else { entries.others.append(name) }
        }
        return entries
    }

    /// A task by its id or by a beginning of it that is unique, at least 4 digits.
    public func task(_ name: String) throws(TaskError) -> TaskDirectory {
        if let id = TaskID(name) { return try TaskDirectory(self, id) }
        guard name.utf8.count >= 4, name.utf8.allSatisfy(Hexadecimal.isDigit) else { throw .unknownTask(name) }
        let found = try taskIDs().filter { $0.text.hasPrefix(name) }
        guard let id = found.first else { throw .unknownTask(name) }
        guard found.count == 1 else { throw .ambiguous(name, found.count) }
        return try TaskDirectory(self, id)
    }
}

extension Files {
    /// A directory below another one, made where it is missing, opened without following a link.
    static func subdirectory(_ name: String, at parent: Int32) throws(Errno) -> Descriptor {
        do {
            return try open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
        }
        do {
            try makeDirectory(name, at: parent)
        } catch {
            // Another front end made it in the meantime.
            guard error.rawValue == EEXIST else { throw error }
        }
        return try open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
    }
}
