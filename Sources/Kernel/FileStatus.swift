internal import CKernel
public import Glibc

/// What stat(2) says of a file, as far as anybody here asks.
public struct FileStatus: Sendable, Equatable {
    /// Device number of the file system.
    public let device: UInt64
    /// Number of the file on its device.
    public let inode: UInt64
    /// Kind and permission bits.
    public let mode: UInt32
    /// Owner's uid and gid, as this process sees them.
    public let owner: UInt32
    /// Group's gid.
    public let group: UInt32
    /// Length in bytes.
    public let size: UInt64
    /// Bytes that it takes on disk.
    public let allocated: UInt64
    /// Time of the last change of the contents, in nanoseconds since 1970.
    public let modified: Int64
    /// Time of the last change of the inode, in nanoseconds since 1970; no program can set it.
    public let changed: Int64
    /// How many names the file has.
    public let links: UInt64
    /// Of a device file, which device it names.
    public let special: UInt64

    init(_ raw: stat) {
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        mode = raw.st_mode
        owner = raw.st_uid
        group = raw.st_gid
        size = UInt64(raw.st_size)
        allocated = UInt64(raw.st_blocks) * 512
        links = UInt64(raw.st_nlink)
        special = UInt64(raw.st_rdev)
        modified = FileStatus.nanoseconds(raw.st_mtim)
        changed = FileStatus.nanoseconds(raw.st_ctim)
    }

    /// A program can set any time to its files; beyond the years 1678 and 2262 it is the end of the range.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let (whole, isBeyond) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isBeyondToo) = whole.addingReportingOverflow(Int64(time.tv_nsec))
        guard isBeyond || isBeyondToo else { return sum }
        return time.tv_sec < 0 ? Int64.min : Int64.max
    }

    /// Whether it is a directory.
    public var isDirectory: Bool { csn_is_directory(mode) != 0 }
    /// Whether it is a regular file.
    public var isRegular: Bool { csn_is_regular(mode) != 0 }
    /// Whether it is a symbolic link.
    public var isSymbolicLink: Bool { csn_is_symlink(mode) != 0 }
    /// Whether it is a pipe or a FIFO.
    public var isPipe: Bool { mode & 0o170000 == 0o010000 }
    /// Whether it is a socket.
    public var isSocket: Bool { mode & 0o170000 == 0o140000 }
    /// The two parts of `device`, each of which lies in two places of it. Source: bits/sysmacros.h.
    public var deviceNumbers: (major: UInt64, minor: UInt64) {
        (device >> 8 & 0xfff | device >> 32 & ~0xfff, device & 0xff | device >> 12 & 0xffff_ff00)
    }

    /// Whether both are one file; device files are, if they name one device.
    public func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
    /// The twelve permission bits.
    public var permissions: UInt32 { mode & 0o7777 }

    /// The status of what a path leads to that ends with a NUL in `bytes`. The corresponding call is fstatat(2).
    public static func of(_ bytes: [UInt8], at place: Int) throws(Errno) -> FileStatus {
        var raw = stat()
        _ = try checked {
            bytes.withUnsafeBytes { (buffer) -> Int32 in
                guard let base = buffer.baseAddress else { return -1 }
                return fstatat(AT_FDCWD, (base + place).assumingMemoryBound(to: CChar.self), &raw, 0)
            }
        }
        return FileStatus(raw)
    }

    /// The status of an open file. The corresponding call is fstat(2).
    public static func of(_ fd: Int32) throws(Errno) -> FileStatus {
        var raw = stat()
        _ = try checked { fstat(fd, &raw) }
        return FileStatus(raw)
    }

    /// The status of a name. The corresponding call is fstatat(2).
    ///
    /// - Parameter follow: Whether a symbolic link at the end is followed.
    public static func of(_ path: String, at directory: Int32 = AT_FDCWD, follow: Bool = true) throws(Errno)
        -> FileStatus
    {
        var raw = stat()
        _ = try checked { fstatat(directory, path, &raw, follow ? 0 : Int32(CSN_AT_SYMLINK_NOFOLLOW)) }
        return FileStatus(raw)
    }
}
