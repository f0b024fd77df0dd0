internal import Glibc
internal import Kernel
internal import Launching
internal import Records

/// Everything below a directory that could be run, found by reading each file's first bytes.
///
/// A first scan of a developer's /usr takes a second or more; what was found is kept by directory, and a directory that has
/// not changed is not read again.
struct ExecutableScan {
    /// One file that could be run.
    struct Found: Sendable, Equatable {
        let path: String
        let device: UInt64
        let inode: UInt64
    }

    private var index: ScanIndex
    private(set) var found: [Found] = []
    /// How the directories that hold something that could be run, and those above them, looked before they were read.
    private(set) var stamps: [PathStamp] = []

    /// Begins with what an earlier scan found.
    init(_ index: ScanIndex) {
        self.index = index
    }

    /// The index with what this scan found, for the next one.
    var nextIndex: ScanIndex { index }

    /// Scans a tree, without the file systems that are mounted in it: those are trees of their own.
    mutating func scan(_ root: String) throws(LaunchError) {
        _ = try scanTree(root)
    }

    /// Scans a directory and those in it; false if nothing in it could be run.
    private mutating func scanTree(_ directory: String) throws(LaunchError) -> Bool {
        let (stamp, contents) = try contents(directory)
        for program in contents.programs {
            found.append(Found(path: "\(directory)/\(program.name)", device: program.device, inode: program.inode))
        }
        var hasPrograms = !contents.programs.isEmpty
        for name in contents.subdirectories where try scanTree("\(directory)/\(name)") { hasPrograms = true }
        // A program that comes or goes changes its directory; a package that brings a new directory changes one above it.
        if hasPrograms { stamps.append(stamp) }
        return hasPrograms
    }

    private mutating func contents(_ directory: String) throws(LaunchError) -> (PathStamp, DirectoryContents) {
        let stamp = try on(directory) { () throws(Errno) in try PathStamp.settled(directory) }
        if let known = index.contents(of: directory, stamp) { return (stamp, known) }
        let (settled, read) = try on(directory) { () throws(Errno) in try Self.read(directory, stamp) }
        index.remember(directory, settled, read)
        return (settled, read)
    }

    /// What a directory holds, and its stamp from before it was read. The first listing of a directory that an overlay merges
    /// can change it (ovl_dir_read_impure of the kernel): what counts is one that did not.
    private static func read(_ directory: String, _ before: PathStamp) throws(Errno) -> (PathStamp, DirectoryContents) {
        var stamp = before
        for _ in 0..<3 {
            let read = try DirectoryContents.read(directory)
            if try stamp.isCurrent() { return (stamp, read) }
            stamp = try PathStamp.settled(directory)
        }
        return (stamp, try DirectoryContents.read(directory))
    }
}

/// What of one directory a scan remembers.
struct DirectoryContents: Sendable, Equatable {
    struct Program: Sendable, Equatable {
        let name: String
        /// In an overlay of several file systems, another one than its directory's (overlayfs.rst of the kernel).
        let device: UInt64
        let inode: UInt64
    }

    var programs: [Program] = []
    var subdirectories: [String] = []

    /// Reads a directory; what may not be read by this user can't be run by its tasks through the loader either, but what
    /// may be executed still counts.
    static func read(_ path: String) throws(Errno) -> DirectoryContents {
        var contents = DirectoryContents()
        let directory: Descriptor
        do {
            directory = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            // Or it went away in the meantime: its stamp will say so.
            guard error.rawValue == EACCES || error.rawValue == ENOENT else { throw error }
            return contents
        }
        let device = try FileStatus.of(directory.number).device
        for name in try Files.names(in: ".", at: directory.number) {
            guard let status = try status(name, at: directory.number) else { continue }
            if status.isDirectory {
                if status.device == device { contents.subdirectories.append(name) }
            } else if status.isRegular, try isProgram(name, status, at: directory.number) {
                contents.programs.append(Program(name: name, device: status.device, inode: status.inode))
            }
        }
        return contents
    }

    /// A file that went away in the meantime is no program. A name that is not UTF-8 can't be masked either: only root can
    /// have put it there, and Landlock's execute right does not name it.
    private static func status(_ name: String, at directory: Int32) throws(Errno) -> FileStatus? {
        do {
            return try FileStatus.of(name, at: directory, follow: false)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return nil
        }
    }

    private static func isProgram(_ name: String, _ status: FileStatus, at directory: Int32) throws(Errno) -> Bool {
        guard status.size >= 4 else { return false }
        let isPermitted = status.permissions & 0o111 != 0
        do {
            let file = try Files.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: directory)
            return try ExecutableFile.examine(file.number, name: name, isPermitted: isPermitted) != .no
        } catch {
            if error.rawValue == ENOENT { return false }
            guard error.rawValue == EACCES else { throw error }
            return isPermitted
        }
    }
}
