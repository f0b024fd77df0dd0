internal import CKernel
internal import Glibc

/// A name in a directory, as readdir(3) tells it.
public struct DirectoryEntry: Sendable {
    /// The name's bytes, without NUL: it need not be UTF-8.
    public let name: [UInt8]
    /// Whether it is a directory; nil: the file system leaves that to stat(2).
    public let isDirectory: Bool?
}

extension Files {
    /// Hands out the names in a directory, without `.` and `..`, until somebody has seen enough. What is not looked at takes no
    /// memory.
    ///
    /// - Parameter body: Returns whether to go on.
    public static func visit(_ directory: consuming Descriptor, _ body: (DirectoryEntry) -> Bool) throws(Errno) {
        let opened = directory.release()
        guard let stream = fdopendir(opened) else {
            let failure = Errno.last
            _ = Descriptor(owning: opened)
            throw failure
        }
        defer { closedir(stream) }
        // A null pointer is the end or a failure; only errno tells which.
        Errno.clear()
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { field in [UInt8](field.prefix { $0 != 0 }) }
            let isItself = name == [46] || name == [46, 46]
            let kind = Int(entry.pointee.d_type)
            let isDirectory = kind == Int(DT_UNKNOWN) ? nil : kind == Int(DT_DIR)
            if !isItself, !body(DirectoryEntry(name: name, isDirectory: isDirectory)) { return }
            Errno.clear()
        }
        if let failure = Errno.pending { throw failure }
    }

    /// Opens a directory for its names; neither the way to it nor the directory itself may be a link. The call is openat2(2) with
    /// RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS.
    ///
    /// - Parameter path: Bytes of a path below `directory`, without NUL; empty: the directory itself.
    public static func directory(_ path: [UInt8], beneath directory: Int32) throws(Errno) -> Descriptor {
        let resolve =
            UInt64(CSN_RESOLVE_BENEATH) | UInt64(CSN_RESOLVE_NO_MAGICLINKS) | UInt64(CSN_RESOLVE_NO_SYMLINKS)
        let flags = UInt64(UInt32(bitPattern: O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        let name = (path.isEmpty ? [46] : path).map { CChar(bitPattern: $0) } + [0]
        return Descriptor(owning: try checked { csn_openat2(directory, name, flags, 0, resolve) })
    }
}
