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
        let components = Paths.components(String(path.dropFirst(root.utf8.count)))
        do {
            return try claim(components, root, directory)
        } catch {
            throw LaunchError(
                .failed, "files.protect", "no placeholder can be made for \(path): \(error)",
                remedy: "make the name yourself, or take it out of files.protect and files.hide")
        }
    }

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
    ) throws(Errno) -> Placeholder? {
        let flags = O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        do throws(Errno) {
            let file = try Files.open(name, flags, mode: 0o444, at: parent.number)
            try Files.setMode(file.number, PlaceholderFile.mode)
            try Files.shareLock(file.number)
            return Placeholder(file: SharedDescriptor(file), parent: SharedDescriptor(parent), name: name, path: path)
        } catch {
            guard error.rawValue == EEXIST else { throw error }
            return nil
        }
    }

    /// Another task's placeholder: it stays as long as one of them needs it.
    private static func join(_ name: String, _ parent: consuming Descriptor, _ path: String) throws(Errno)
        -> Placeholder?
    {
        let file = try Files.open(name, O_RDONLY | O_NOFOLLOW, at: parent.number)
        try Files.shareLock(file.number)
        // Its last owner may have removed it before we had the lock.
        guard let there = try status(name, parent.number) else { return try make(name, parent, path) }
        guard there.isSameFile(as: try FileStatus.of(file.number)) else { throw Errno(rawValue: EAGAIN) }
        return Placeholder(file: SharedDescriptor(file), parent: SharedDescriptor(parent), name: name, path: path)
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
