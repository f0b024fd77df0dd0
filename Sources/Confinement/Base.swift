internal import CKernel
internal import Glibc
internal import Kernel
internal import Records

/// What a view is built on: its root, and a tmpfs behind its private places that is itself no place of it.
///
/// Both lie on the host's /tmp while they are built: a directory that every host has and that no source needs any more. The
/// tmpfs is below the root, and goes away together with everything else of the host when the root becomes the root.
struct Base: ~Copyable {
    /// The root of the view, which has no name of its own in it yet.
    let root: Descriptor
    private let scratch: Descriptor

    private static let nothing = ".nothing"
    private static let emptiness = ".emptiness"
    private static let closed: MountAttributes = [.noSetUserID, .noDevices, .noExecute]

    /// Makes both, and the root the current directory.
    init(_ scratchBytes: UInt64, _ identity: PlannedIdentity) throws(Errno) {
        let inodes = max(1024, scratchBytes / 4096)
        let scratch = try Base.tmpfs("\(scratchBytes)", "\(inodes)", identity)
        let root = try Base.tmpfs("1m", "4096", identity)
        try Files.makeDirectory(Base.emptiness, mode: 0o000, at: scratch.number)
        _ = try Files.open(Base.nothing, O_WRONLY | O_CREAT | O_EXCL, mode: 0o000, at: scratch.number)
        try Base.enter(root)
        self.root = root
        self.scratch = scratch
    }

    private static func enter(_ directory: borrowing Descriptor) throws(Errno) {
        let number = directory.number
        _ = try checked { fchdir(number) }
    }

    private static func tmpfs(_ size: String, _ inodes: String, _ identity: PlannedIdentity) throws(Errno) -> Descriptor
    {
        let options = [
            ("size", size), ("nr_inodes", inodes), ("mode", "0755"), ("uid", "\(identity.innerUser)"),
            ("gid", "\(identity.innerGroup)"),
        ]
        let mount = try Mount.fileSystem("tmpfs", options, closed)
        try Mount.attach(mount, to: try Files.reference("/tmp"))
        return mount
    }

    /// A directory of the tmpfs, detached.
    borrowing func directory(_ name: String, _ mode: UInt32, _ attributes: MountAttributes) throws(Errno) -> Descriptor
    {
        let (place, name) = (scratch.number, name)
        try Files.makeDirectory(name, mode: mode, at: place)
        _ = try checked { fchmodat(place, name, mode, 0) }
        let tree = try Mount.tree(name, at: place, recursive: false)
        try Mount.restrict(tree.number, attributes)
        return tree
    }

    /// An empty directory or file that nobody can read, detached.
    borrowing func cover(isDirectory: Bool) throws(Errno) -> Descriptor {
        let cover = try Mount.tree(isDirectory ? Base.emptiness : Base.nothing, at: scratch.number, recursive: false)
        try Mount.restrict(cover.number, Base.closed.union(.readOnly))
        return cover
    }
}
