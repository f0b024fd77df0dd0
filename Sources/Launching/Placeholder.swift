internal import Glibc
internal import Kernel

/// A name that a policy hides or protects and that the host does not have: an empty file in its place, so that a mount can
/// lie on it and the task can't make it.
///
/// The monitor removes it at the end, unless another task relies on it: each holds a shared lock.
struct Placeholder {
    /// The file, locked.
    let file: SharedDescriptor
    /// The directory that holds it.
    let parent: SharedDescriptor
    /// Its name there.
    let name: String
    /// Its absolute path.
    let path: String

    /// Makes or joins the placeholder for a path, if one is needed.
    ///
    /// - Parameters:
    ///   - path: A literal path below `root`.
    ///   - root: Path of a writable place, and its directory. Links are not followed: in there they are the task's.
    /// - Returns: nil if something else is there.
    static func claim(_ path: String, below root: String, _ directory: Int32) throws(LaunchError) -> Placeholder? {
        guard let below = Paths.relative(path, to: root) else { return nil }
        do throws(Errno) {
            for _ in 1..<attempts {
                do throws(Errno) {
                    return try claim(Paths.components(below), root, directory)
                } catch {
                    guard error == changed else { throw error }
                    var nothing = Poll()
                    try nothing.wait(timeout: 10_000_000)
                }
            }
            return try claim(Paths.components(below), root, directory)
        } catch {
            let why = error == changed ? "something else keeps making, removing or locking it" : "\(error)"
            throw LaunchError(
                .failed, "files", "no placeholder can be made for \(path): \(why)",
                remedy: "make the name yourself, or take it out of files.protect and files.hide")
        }
    }

    /// Another launch makes or removes the same placeholder in microseconds; a task can hold a lock for ever.
    private static let attempts = 100
    /// The name changed while it was looked at.
    private static let changed = Errno(rawValue: EAGAIN)

    /// Takes it away again: the task was not started.
    func remove() throws(LaunchError) {
        try on(path) { () throws(Errno) in try PlaceholderFile.remove(file.number, name, at: parent.number) }
    }

    private static func claim(
        _ components: [Substring], _ root: String, _ directory: Int32
    ) throws(Errno) -> Placeholder? {
        var parent = try Files.openBeneath(directory, ".", O_RDONLY | O_DIRECTORY)
        var path = root
        for (place, component) in components.enumerated() {
            let name = String(component)
            path += "/\(name)"
            guard let status = try status(name, parent.number) else { return try make(name, parent, path) }
            if PlaceholderFile.isOne(status) { return try join(name, parent, path) }
            guard status.isDirectory, place < components.count - 1 else { return nil }
            parent = try Files.openBeneath(parent.number, name, O_RDONLY | O_DIRECTORY, noSymbolicLinks: true)
        }
        return nil
    }

    private static func make(
        _ name: String, _ parent: consuming Descriptor, _ path: String
    ) throws(Errno) -> Placeholder {
        let flags = O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let file = try open(name, flags, parent.number)
        do throws(Errno) {
            try Files.setMode(file.number, PlaceholderFile.mode)
            try lock(file.number, name, parent.number)
        } catch {
            // Another launch may share it by now.
            try error == changed
                ? PlaceholderFile.remove(file.number, name, at: parent.number) : Files.remove(name, at: parent.number)
            throw error
        }
        return Placeholder(file: SharedDescriptor(file), parent: SharedDescriptor(parent), name: name, path: path)
    }

    /// Another task's placeholder: it stays as long as one of them needs it.
    private static func join(_ name: String, _ parent: consuming Descriptor, _ path: String) throws(Errno)
        -> Placeholder
    {
        // Without waiting, should the name be a FIFO by now.
        let file = try open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, parent.number)
        try lock(file.number, name, parent.number)
        return Placeholder(file: SharedDescriptor(file), parent: SharedDescriptor(parent), name: name, path: path)
    }

    /// Between a look at the name and its opening it may have come or gone.
    private static func open(_ name: String, _ flags: Int32, _ parent: Int32) throws(Errno) -> Descriptor {
        do {
            return try Files.open(name, flags, mode: PlaceholderFile.mode, at: parent)
        } catch {
            throw error.rawValue == EEXIST || error.rawValue == ENOENT ? changed : error
        }
    }

    /// Shares the lock; before that, the last owner may have removed the file.
    private static func lock(_ file: Int32, _ name: String, _ parent: Int32) throws(Errno) {
        let ours = try FileStatus.of(file)
        guard try Files.shareLock(file), PlaceholderFile.isOne(ours),
            try status(name, parent)?.isSameFile(as: ours) == true
        else { throw changed }
    }

    private static func status(_ name: String, _ parent: Int32) throws(Errno) -> FileStatus? {
        do {
            return try FileStatus.of(name, at: parent, follow: false)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return nil
        }
    }
}
