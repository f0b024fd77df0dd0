internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// What a task sees: built by the sandbox's init from the plan's steps, out of detached mounts.
///
/// Everything of the host is opened before the new root covers anything, and before init changes its user: the sources
/// may lie where only the front end's user gets.
public struct View: ~Copyable {
    private let steps: [MountStep]
    private var sources: [Int32?]

    /// Opens every source of the host.
    ///
    /// - Parameters:
    ///   - mapped: The handed trees as the monitor mapped their owners, taken over; empty where none is mapped.
    ///   - checked: The directories of the handed trees as the front end checked them, to recognize them by.
    public init(_ plan: LaunchPlan, mapped: [Int32], checked: [Int32]) throws(ConfinementError) {
        steps = plan.mounts
        sources = []
        var trees = 0
        for (index, mountStep) in plan.mounts.enumerated() {
            let handed = Handed(
                mount: mapped.at(trees), directory: checked.at(trees), isMapped: plan.identity.mapsOwners)
            if case .handed = mountStep { trees += 1 }
            sources.append(
                try step(.sources, index: index) { () throws(Errno) in try View.source(mountStep, handed) })
        }
    }

    private struct Handed {
        let mount: Int32?
        let directory: Int32?
        let isMapped: Bool
    }

    private static func source(_ step: MountStep, _ handed: Handed) throws(Errno) -> Int32? {
        switch step {
        case .tree(let source, _, let attributes):
            return try restricted(try Mount.tree(source, at: AT_FDCWD), attributes)
        case .overlay(let layers, _, let attributes):
            // xino=off: inode numbers stay those of the host, by which the executable is recognized.
            let lower = layers.map(escaped).joined(separator: ":")
            return try Mount.fileSystem("overlay", [("lowerdir", lower), ("xino", "off")], attributes).release()
        case .handed(let tree, _, let attributes):
            guard let directory = handed.directory else { throw Errno(rawValue: EBADF) }
            guard handed.isMapped else { return try restricted(try sameDirectory(tree.source, directory), attributes) }
            guard let mount = handed.mount else { throw Errno(rawValue: EBADF) }
            return try restricted(Descriptor(owning: mount), attributes)
        default: return nil
        }
    }

    /// A tree by its path, if that still is the directory that was checked.
    private static func sameDirectory(_ path: String, _ directory: Int32) throws(Errno) -> Descriptor {
        let tree = try Mount.tree(path, at: AT_FDCWD)
        let found = try FileStatus.of(tree.number)
        let checked = try FileStatus.of(directory)
        guard found.inode == checked.inode, found.device == checked.device else { throw Errno(rawValue: ESTALE) }
        return tree
    }

    private static func restricted(
        _ tree: consuming Descriptor, _ attributes: MountAttributes
    ) throws(Errno) -> Int32 {
        try Mount.restrict(tree.number, attributes)
        return tree.release()
    }

    /// overlayfs separates layers by colons and takes a backslash as escape.
    private static func escaped(_ path: String) -> String {
        path.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
    }

    /// Builds the view below a new root and makes it this process's root.
    ///
    /// - Parameters:
    ///   - scratchBytes: Size of the tmpfs behind /tmp and HOME.
    ///   - identity: Owner of what is made in it.
    public consuming func build(scratchBytes: UInt64, identity: PlannedIdentity) throws(ConfinementError) {
        let root = try step(.rootMount) { () throws(Errno) in try View.makeRoot(scratchBytes, identity) }
        for (index, mountStep) in steps.enumerated() {
            let source = sources[index]
            try step(.mounts, index: index) { () throws(Errno) in try View.apply(mountStep, source, root.number) }
        }
        try step(.rootMount) { () throws(Errno) in try View.finishRoot(root.number) }
        try step(.pivot) { () throws(Errno) in try Mount.pivotIntoCurrentDirectory() }
    }

    private static let scratch = ".scratch"
    private static let nothing = ".nothing"
    private static let emptiness = ".emptiness"

    /// The root is attached on /tmp: a directory that every host has and that no source needs any more.
    private static func makeRoot(_ scratchBytes: UInt64, _ identity: PlannedIdentity) throws(Errno) -> Descriptor {
        let owner = [("uid", "\(identity.innerUser)"), ("gid", "\(identity.innerGroup)"), ("mode", "0755")]
        let closed: MountAttributes = [.noSetUserID, .noDevices, .noExecute]
        let root = try Mount.fileSystem("tmpfs", [("size", "1m"), ("nr_inodes", "4096")] + owner, closed)
        try Mount.attach(root, to: try Files.reference("/tmp"))
        _ = try checked { fchdir(root.number) }
        let size = [("size", "\(scratchBytes)"), ("nr_inodes", "\(max(1024, scratchBytes / 4096))")]
        try Files.makeDirectory(scratch, at: root.number)
        try Files.makeDirectory(emptiness, mode: 0o000, at: root.number)
        _ = try Files.open(nothing, O_WRONLY | O_CREAT | O_EXCL, mode: 0o000, at: root.number)
        let tmpfs = try Mount.fileSystem("tmpfs", size + owner, closed)
        try Mount.attach(tmpfs, to: try Files.reference(scratch, at: root.number))
        return root
    }

    /// Takes away what only building needed, and closes the root itself.
    private static func finishRoot(_ root: Int32) throws(Errno) {
        try Mount.detach(scratch)
        try Files.remove(scratch, at: root, isDirectory: true)
        try Files.remove(emptiness, at: root, isDirectory: true)
        try Files.remove(nothing, at: root)
        try Mount.restrict(root, [.readOnly], recursive: false)
    }

    private static func apply(_ step: MountStep, _ source: Int32?, _ root: Int32) throws(Errno) {
        switch step {
        case .directory(let path, let mode): try makePlace(path, isDirectory: true, mode: mode, root)
        case .link(let path, let target): try Files.link(target, as: relative(path), at: root)
        case .tree(_, let target, _), .overlay(_, let target, _), .handed(_, let target, _):
            guard let source else { throw Errno(rawValue: EBADF) }
            try place(Descriptor(owning: source), at: target, root)
        case .scratch(let name, let target, let mode, let attributes):
            try makePlace("\(scratch)/\(name)", isDirectory: true, mode: mode, root)
            _ = try checked { fchmodat(root, "\(scratch)/\(name)", mode, 0) }
            let tree = try Mount.tree("\(scratch)/\(name)", at: root, recursive: false)
            try Mount.restrict(tree.number, attributes)
            try place(tree, at: target, root)
        case .proc(let target, let minimal): try placeProc(target, minimal, root)
        case .hide(let path, let isDirectory):
            let cover = try Mount.tree(isDirectory ? emptiness : nothing, at: root, recursive: false)
            try Mount.restrict(cover.number, [.readOnly, .noSetUserID, .noDevices, .noExecute])
            try Mount.attach(cover, to: try existing(path, root))
        case .pin(let path, let readOnly): try pin(path, readOnly, root)
        }
    }

    private static func placeProc(_ target: String, _ minimal: Bool, _ root: Int32) throws(Errno) {
        let options = [("hidepid", "invisible")] + (minimal ? [("subset", "pid")] : [])
        let proc = try Mount.fileSystem("proc", options, [.readOnly, .noSetUserID, .noDevices, .noExecute])
        try place(proc, at: target, root)
    }

    /// A name bound onto itself can't be renamed or removed (EBUSY), whoever owns the directory above it.
    private static func pin(_ path: String, _ readOnly: Bool, _ root: Int32) throws(Errno) {
        let place = try existing(path, root)
        let tree = try Mount.tree("", at: place.number)
        if readOnly { try Mount.restrict(tree.number, [.readOnly]) }
        try Mount.attach(tree, to: place)
    }

    private static func place(_ mount: consuming Descriptor, at target: String, _ root: Int32) throws(Errno) {
        let isDirectory = try FileStatus.of(mount.number).isDirectory
        try makePlace(target, isDirectory: isDirectory, mode: 0o755, root)
        try Mount.attach(mount, to: try existing(target, root))
    }

    /// A name in the view, reached without following a link: in a workspace, links are the task's.
    private static func existing(_ path: String, _ root: Int32) throws(Errno) -> Descriptor {
        let name = relative(path)
        let flags = Int32(CSN_O_PATH) | O_NOFOLLOW
        return try Files.openBeneath(root, name.isEmpty ? "." : name, flags, noSymbolicLinks: true)
    }

    /// Makes the name and the directories above it where they are missing.
    private static func makePlace(_ path: String, isDirectory: Bool, mode: UInt32, _ root: Int32) throws(Errno) {
        var prefix = ""
        let components = Paths.components(path)
        for (index, component) in components.enumerated() {
            prefix += prefix.isEmpty ? String(component) : "/\(component)"
            let isLast = index == components.count - 1
            do {
                if isLast && !isDirectory {
                    _ = try Files.open(prefix, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444, at: root)
                } else {
                    try Files.makeDirectory(prefix, mode: isLast ? mode : 0o755, at: root)
                }
            } catch {
                // What is there already serves; in the read-only system that includes names that can't be made.
                guard error.rawValue == EEXIST || error.rawValue == EROFS else { throw error }
            }
        }
    }

    private static func relative(_ path: String) -> String {
        Paths.components(path).joined(separator: "/")
    }
}

extension [Int32] {
    /// The element at a place, or nil behind the end.
    fileprivate func at(_ place: Int) -> Int32? { place < count ? self[place] : nil }
}
