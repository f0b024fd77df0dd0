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
    /// The detached mount of each step; -1 where it has none, or not yet.
    private var sources: [Int32] = []

    /// Opens every source of the host but the trees that the monitor maps.
    ///
    /// - Parameter checked: The directories of the handed trees as the front end checked them, to recognize them by.
    public init(_ plan: LaunchPlan, checked: [Int32]) throws(ConfinementError) {
        steps = plan.mounts
        sources.reserveCapacity(steps.count)
        var directories = plan.identity.mapsOwners ? nil : checked.makeIterator()
        for (index, mountStep) in steps.enumerated() {
            var directory: Int32?
            if case .handed = mountStep { directory = directories?.next() }
            sources.append(
                try step(.sources, index: index) { () throws(Errno) in try View.source(mountStep, directory) })
        }
    }

    /// Takes over the handed trees as the monitor mapped their owners, in their order; none where none is mapped.
    public mutating func take(_ mapped: [Int32]) throws(ConfinementError) {
        var mapped = mapped.makeIterator()
        for (index, mountStep) in steps.enumerated() {
            guard case .handed(_, _, let attributes) = mountStep, sources[index] < 0 else { continue }
            sources[index] = try step(.sources, index: index) { () throws(Errno) in
                guard let mount = mapped.next() else { throw Errno(rawValue: EBADF) }
                return try View.restricted(Descriptor(owning: mount), attributes)
            }
        }
    }

    private static func source(_ step: MountStep, _ directory: Int32?) throws(Errno) -> Int32 {
        switch step {
        case .tree(let source, _, let attributes):
            return try restricted(try Mount.tree(source, at: AT_FDCWD), attributes)
        case .overlay(let layers, _, let attributes):
            // xino=off: inode numbers stay those of the host, by which the executable is recognized.
            let lower = layers.reduce("") { $0.isEmpty ? escaped($1) : "\($0):\(escaped($1))" }
            return try Mount.fileSystem("overlay", [("lowerdir", lower), ("xino", "off")], attributes).release()
        case .handed(let tree, _, let attributes):
            guard let directory else { return -1 }
            return try restricted(try sameDirectory(tree.source, directory), attributes)
        default: return -1
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
        var bytes: [UInt8] = []
        for byte in path.utf8 {
            if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: ":") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Builds the view below a new root and makes it this process's root.
    ///
    /// - Parameters:
    ///   - scratchBytes: Size of the tmpfs behind /tmp and HOME.
    ///   - identity: Owner of what is made in it.
    public consuming func build(scratchBytes: UInt64, identity: PlannedIdentity) throws(ConfinementError) {
        let base = try step(.rootMount) { () throws(Errno) in try Base(scratchBytes, identity) }
        for (index, mountStep) in steps.enumerated() {
            let source = sources[index]
            try step(.mounts, index: index) { () throws(Errno) in try View.apply(mountStep, source, base) }
        }
        // Nothing more is made in the root itself.
        try step(.rootMount) { () throws(Errno) in
            try Mount.restrict(base.root.number, [.readOnly], recursive: false)
        }
        try step(.pivot) { () throws(Errno) in try Mount.pivotIntoCurrentDirectory() }
    }

    private static func apply(_ step: MountStep, _ source: Int32, _ base: borrowing Base) throws(Errno) {
        let root = base.root.number
        switch step {
        case .directory(let path, let mode): try makePlace(path, isDirectory: true, mode: mode, root)
        case .link(let path, let target): try Files.link(target, as: relative(path), at: root)
        case .tree(_, let target, _), .overlay(_, let target, _), .handed(_, let target, _):
            guard source >= 0 else { throw Errno(rawValue: EBADF) }
            try place(Descriptor(owning: source), at: target, root)
        case .scratch(let name, let target, let mode, let attributes):
            try place(try base.directory(name, mode, attributes), at: target, root)
        case .proc(let target, let minimal): try placeProc(target, minimal, root)
        case .hide(let path, let isDirectory):
            try Mount.attach(try base.cover(isDirectory: isDirectory), to: try existing(path, root))
        case .pin(let path, let readOnly): try pin(path, readOnly, root)
        case .terminals(let target): try placeTerminals(target, root)
        }
    }

    private static func placeProc(_ target: String, _ minimal: Bool, _ root: Int32) throws(Errno) {
        let options = [("hidepid", "invisible")] + (minimal ? [("subset", "pid")] : [])
        let proc = try Mount.fileSystem("proc", options, [.readOnly, .noSetUserID, .noDevices, .noExecute])
        try place(proc, at: target, root)
    }

    /// Every devpts is an instance of its own: its terminals have no name anywhere else, and the host's have none in it. Of the
    /// owner's group nobody else is a member.
    private static func placeTerminals(_ target: String, _ root: Int32) throws(Errno) {
        let options = [("mode", "0620"), ("ptmxmode", "0666"), ("max", "\(MountStep.terminalLimit)")]
        try place(try Mount.fileSystem("devpts", options, [.noSetUserID, .noExecute]), at: target, root)
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

    /// Makes the name, and the directories above it where they are missing.
    private static func makePlace(_ path: String, isDirectory: Bool, mode: UInt32, _ root: Int32) throws(Errno) {
        let name = relative(path)
        do {
            try make(name, isDirectory: isDirectory, mode: mode, root)
        } catch {
            guard error.rawValue == ENOENT, let above = Paths.parent(name) else { throw error }
            try makePlace(above, isDirectory: true, mode: 0o755, root)
            try make(name, isDirectory: isDirectory, mode: mode, root)
        }
    }

    private static func make(_ name: String, isDirectory: Bool, mode: UInt32, _ root: Int32) throws(Errno) {
        do {
            if isDirectory {
                try Files.makeDirectory(name, mode: mode, at: root)
            } else {
                _ = try Files.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444, at: root)
            }
        } catch {
            // What is there already serves; in the read-only system that includes names that can't be made.
            guard error.rawValue == EEXIST || error.rawValue == EROFS else { throw error }
        }
    }

    /// A path of the view from its root on. Paths of a plan are absolute and have no empty component.
    private static func relative(_ path: String) -> String {
        path.hasPrefix("/") ? String(path.dropFirst()) : path
    }
}
