internal import CKernel
public import Glibc

/// Names, directories and files, by path or relative to a directory's descriptor.
public enum Files {
    /// Opens a file, close-on-exec. The corresponding call is openat(2).
    public static func open(
        _ path: String, _ flags: Int32, mode: UInt32 = 0, at directory: Int32 = AT_FDCWD
    ) throws(Errno) -> Descriptor {
        Descriptor(owning: try checked { Glibc.openat(directory, path, flags | O_CLOEXEC, mode) })
    }

    /// Opens a name only to refer to it (O_PATH): neither reading nor writing, and no side effect on devices or FIFOs.
    public static func reference(
        _ path: String, at directory: Int32 = AT_FDCWD, follow: Bool = true
    ) throws(Errno) -> Descriptor {
        try open(path, Int32(CSN_O_PATH) | (follow ? 0 : O_NOFOLLOW), at: directory)
    }

    /// Opens a name whose resolution may not leave `directory`. The call is openat2(2) with RESOLVE_BENEATH.
    public static func openBeneath(
        _ directory: Int32, _ path: String, _ flags: Int32, noSymbolicLinks: Bool = false
    ) throws(Errno) -> Descriptor {
        let resolve =
            UInt64(CSN_RESOLVE_BENEATH) | UInt64(CSN_RESOLVE_NO_MAGICLINKS)
            | (noSymbolicLinks ? UInt64(CSN_RESOLVE_NO_SYMLINKS) : 0)
        let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        return Descriptor(owning: try checked { csn_openat2(directory, path, all, 0, resolve) })
    }

    /// Everything in a file.
    public static func contents(
        _ path: String, at directory: Int32 = AT_FDCWD, limit: Int = 256 << 20
    ) throws(Errno) -> [UInt8] {
        let file = try open(path, O_RDONLY, at: directory)
        return try Transfer.readAll(file.number, limit: limit)
    }

    /// Makes a file whole or not at all: written beside its name, made durable, renamed into place.
    ///
    /// - Parameters:
    ///   - temporary: The name beside it; several writers at once need one each.
    ///   - durable: Whether fdatasync(2) is called for the file before it gets its name.
    public static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600, at directory: Int32 = AT_FDCWD,
        temporary: String? = nil, durable: Bool = true
    ) throws(Errno) {
        let temporary = temporary ?? path + ".new"
        let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode, at: directory)
        do {
            try Transfer.write(file.number, bytes)
            if durable { try makeDurable(file.number) }
            _ = try checked { renameat(directory, temporary, directory, path) }
        } catch {
            // On a full disk nothing is left behind. What counts is the failure before this one.
            unlinkat(directory, temporary, 0)
            throw error
        }
    }

    /// Waits until the contents of a file are on disk. The corresponding call is fdatasync(2).
    public static func makeDurable(_ fd: Int32) throws(Errno) {
        _ = try checked { fdatasync(fd) }
    }

    /// Waits until the names in a directory are on disk. The corresponding call is fsync(2): for fdatasync a file system may
    /// take a name for something that is not needed to find the data.
    public static func makeNamesDurable(_ directory: Int32) throws(Errno) {
        _ = try checked { fsync(directory) }
    }

    /// Cuts a file off, or fills it up with zeros. The corresponding call is ftruncate(2).
    public static func setSize(_ fd: Int32, _ size: UInt64) throws(Errno) {
        _ = try checked { ftruncate(fd, Int(clamping: size)) }
    }

    /// Whether this process may make something in a directory; EACCES or EROFS where it may not. Source: faccessat(2).
    public static func checkWritable(_ path: String) throws(Errno) {
        _ = try checked { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) }
    }

    /// Makes a directory. The corresponding call is mkdirat(2).
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o700, at directory: Int32 = AT_FDCWD) throws(Errno)
    {
        _ = try checked { mkdirat(directory, path, mode) }
    }

    /// Makes a directory and those above it that are missing. Several may do so at once; what is there and no directory
    /// is ENOTDIR.
    public static func makeDirectories(_ path: String, mode: UInt32 = 0o700) throws(Errno) {
        do {
            try makeIfMissing(path, mode: mode)
        } catch {
            guard error.rawValue == ENOENT, let parent = Paths.parent(path) else { throw error }
            try makeDirectories(parent, mode: mode)
            try makeIfMissing(path, mode: mode)
        }
    }

    private static func makeIfMissing(_ path: String, mode: UInt32) throws(Errno) {
        do {
            try makeDirectory(path, mode: mode)
        } catch {
            guard error.rawValue == EEXIST else { throw error }
            guard try FileStatus.of(path).isDirectory else { throw Errno(rawValue: ENOTDIR) }
        }
    }

    /// Makes a symbolic link. The corresponding call is symlinkat(2).
    public static func link(_ target: String, as path: String, at directory: Int32 = AT_FDCWD) throws(Errno) {
        _ = try checked { symlinkat(target, directory, path) }
    }

    /// Gives a file a second name. The corresponding call is linkat(2), without following a link.
    public static func hardLink(_ path: String, as name: String, at directory: Int32) throws(Errno) {
        _ = try checked { linkat(directory, path, directory, name, 0) }
    }

    /// Makes a whiteout: in the upper layer of an overlay, a name that is not there. Source: overlayfs.rst.
    public static func makeWhiteout(_ path: String, at directory: Int32) throws(Errno) {
        _ = try checked { csn_make_whiteout(directory, path) }
    }

    /// Where a symbolic link points to. The corresponding call is readlinkat(2).
    public static func target(_ path: String, at directory: Int32 = AT_FDCWD) throws(Errno) -> String {
        var failure: Errno?
        let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            do throws(Errno) {
                count = try checked { csn_readlinkat(directory, path, buffer.baseAddress, buffer.count) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return String(decoding: target, as: UTF8.self)
    }

    /// The path under which an open file is known now. Source: proc(5), /proc/PID/fd.
    public static func path(of fd: Int32) throws(Errno) -> String {
        try target("/proc/self/fd/\(fd)")
    }

    /// The path under which an open file is known now, for a descriptor that lives no longer than the question.
    public static func path(of file: borrowing Descriptor) throws(Errno) -> String {
        try path(of: file.number)
    }

    /// Removes a name. The corresponding call is unlinkat(2).
    public static func remove(_ path: String, at directory: Int32 = AT_FDCWD, isDirectory: Bool = false) throws(Errno) {
        _ = try checked { unlinkat(directory, path, isDirectory ? AT_REMOVEDIR : 0) }
    }

    /// The names in a directory, without `.` and `..`, in no particular order. In a name that is not UTF-8, U+FFFD
    /// stands for what is not, so that it names nothing.
    public static func names(in path: String, at directory: Int32 = AT_FDCWD) throws(Errno) -> [String] {
        try entries(in: path, at: directory).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func entries(in path: String, at directory: Int32) throws(Errno) -> [[UInt8]] {
        var names: [[UInt8]] = []
        try visit(try open(path, O_RDONLY | O_DIRECTORY, at: directory)) { entry in
            names.append(entry.name)
            return true
        }
        return names
    }

    /// Removes a tree, never following a symbolic link; what is already gone is no failure. One descriptor is open for
    /// each level.
    public static func removeTree(_ name: String, at directory: Int32 = AT_FDCWD) throws(Errno) {
        try removeTree(Array(name.utf8CString), at: directory)
    }

    private static func removeTree(_ name: [CChar], at directory: Int32) throws(Errno) {
        do throws(Errno) {
            if try removeFile(name, at: directory) { return }
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let inner = Descriptor(owning: try checked { Glibc.openat(directory, name, flags, 0) })
            for child in try entries(in: ".", at: inner.number) {
                try removeTree(child.map { CChar(bitPattern: $0) } + [0], at: inner.number)
            }
            _ = try checked { unlinkat(directory, name, AT_REMOVEDIR) }
        } catch {
            // Somebody else removes it, too.
            guard error.rawValue == ENOENT else { throw error }
        }
    }

    /// False if it is a directory.
    private static func removeFile(_ name: [CChar], at directory: Int32) throws(Errno) -> Bool {
        do {
            _ = try checked { unlinkat(directory, name, 0) }
            return true
        } catch {
            guard error.rawValue == EISDIR || error.rawValue == EPERM else { throw error }
            return false
        }
    }

    /// Takes an advisory lock on the whole file for as long as the open file lives. The corresponding call is flock(2).
    ///
    /// - Returns: False if somebody else holds it.
    public static func lock(_ fd: Int32) throws(Errno) -> Bool { try lock(fd, LOCK_EX) }

    private static func lock(_ fd: Int32, _ kind: Int32) throws(Errno) -> Bool {
        do {
            _ = try checked { flock(fd, kind | LOCK_NB) }
            return true
        } catch {
            guard error.rawValue == EWOULDBLOCK else { throw error }
            return false
        }
    }

    /// O_RDONLY, O_WRONLY or O_RDWR. The corresponding call is fcntl(F_GETFL).
    public static func accessMode(_ fd: Int32) throws(Errno) -> Int32 {
        try checked { csn_fcntl(fd, F_GETFL, 0) } & O_ACCMODE
    }

    /// Reads and writes that would wait fail with EAGAIN from now on, for everybody who shares the open file.
    public static func setNonBlocking(_ fd: Int32) throws(Errno) {
        let flags = try checked { csn_fcntl(fd, F_GETFL, 0) }
        _ = try checked { csn_fcntl(fd, F_SETFL, Int(flags | O_NONBLOCK)) }
    }

    /// Takes a lock that others can hold as well. Source: flock(2).
    ///
    /// - Returns: False if somebody holds the exclusive one.
    public static func shareLock(_ fd: Int32) throws(Errno) -> Bool { try lock(fd, LOCK_SH) }

    /// Sets the twelve permission bits of an open file. The corresponding call is fchmod(2).
    public static func setMode(_ fd: Int32, _ mode: UInt32) throws(Errno) {
        _ = try checked { fchmod(fd, mode) }
    }

    /// Sets the twelve permission bits of a file that is open no longer than this takes.
    public static func setMode(_ file: borrowing Descriptor, _ mode: UInt32) throws(Errno) {
        try setMode(file.number, mode)
    }

    /// Whether somebody holds the exclusive lock of a file. Nothing stays locked by the question.
    public static func isLocked(_ fd: Int32) throws(Errno) -> Bool {
        guard try shareLock(fd) else { return true }
        _ = try checked { flock(fd, LOCK_UN) }
        return false
    }

    /// Lets go of a lock of this open file. The corresponding call is flock(2).
    public static func unlock(_ fd: Int32) throws(Errno) {
        _ = try checked { flock(fd, LOCK_UN) }
    }

    /// Gives a name another one in the same directory. The corresponding call is renameat(2).
    public static func rename(_ path: String, to name: String, at directory: Int32 = AT_FDCWD) throws(Errno) {
        _ = try checked { renameat(directory, path, directory, name) }
    }

    /// As `rename`; a name that is not there is no failure.
    public static func renameIfThere(_ path: String, to name: String, at directory: Int32) throws(Errno) {
        do {
            try rename(path, to: name, at: directory)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
        }
    }

    /// Memory that can be passed as a descriptor and is sealed: nobody changes it any more. Source: memfd_create(2).
    public static func sealedMemory(_ name: String, _ bytes: [UInt8]) throws(Errno) -> Descriptor {
        let flags = CSN_MFD_CLOEXEC | CSN_MFD_ALLOW_SEALING
        let memory = Descriptor(owning: try checked { csn_memfd(name, UInt32(flags)) })
        try Transfer.write(memory.number, bytes)
        _ = try checked { csn_fcntl(memory.number, Int32(CSN_F_ADD_SEALS), CSN_SEALS_ALL) }
        return memory
    }
}
