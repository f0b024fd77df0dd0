internal import CKernel
internal import Glibc
public import Kernel
public import Records

/// Mounts by descriptor: made detached, given their attributes, and only then attached.
///
/// A mount that is attached first and restricted afterwards has a moment in which it isn't restricted.
/// Source: open_tree(2), move_mount(2), fsopen(2), mount_setattr(2).
public enum Mount {
    /// A detached copy of a tree of the host, with everything mounted below it.
    ///
    /// - Parameter recursive: Without privilege over the host's mounts it must be: a submount covers what the host
    ///   wants covered, and the kernel refuses to take it away.
    public static func tree(_ path: String, at directory: Int32, recursive: Bool = true) throws(Errno) -> Descriptor {
        let flags = CSN_OPEN_TREE_CLONE | CSN_AT_EMPTY_PATH | (recursive ? CSN_AT_RECURSIVE : 0)
        return Descriptor(owning: try checked { csn_open_tree(directory, path, UInt32(flags)) })
    }

    /// A new file system, detached.
    public static func fileSystem(
        _ type: String, _ options: [(String, String)], _ attributes: MountAttributes
    ) throws(Errno) -> Descriptor {
        let context = Descriptor(owning: try checked { csn_fsopen(type) })
        for (key, value) in options {
            _ = try checked { csn_fsconfig(context.number, UInt32(CSN_FSCONFIG_SET_STRING), key, value) }
        }
        _ = try checked { csn_fsconfig(context.number, UInt32(CSN_FSCONFIG_CMD_CREATE), nil, nil) }
        return Descriptor(owning: try checked { csn_fsmount(context.number, UInt32(attributes.rawValue)) })
    }

    /// Sets attributes of a mount and of all mounts below it, and cuts it off from the host: where mounts are shared
    /// (systemd makes them so), what is mounted inside would appear outside, and what is mounted outside inside.
    public static func restrict(
        _ mount: Int32, _ attributes: MountAttributes, recursive: Bool = true
    ) throws(Errno) {
        let flags = UInt32(CSN_AT_EMPTY_PATH | (recursive ? CSN_AT_RECURSIVE : 0))
        _ = try checked { csn_mount_setattr(mount, "", flags, attributes.rawValue, UInt64(CSN_MS_PRIVATE), -1) }
    }

    /// Maps owners of a detached mount through a user namespace; needs privilege over the file system.
    public static func mapOwners(_ mount: Int32, through namespace: Int32) throws(Errno) {
        let (set, propagation) = (UInt64(CSN_MOUNT_ATTR_IDMAP), UInt64(CSN_MS_PRIVATE))
        _ = try checked {
            csn_mount_setattr(mount, "", UInt32(CSN_AT_EMPTY_PATH), set, propagation, namespace)
        }
    }

    /// Attaches a detached mount at a directory or file.
    public static func attach(_ mount: borrowing Descriptor, to target: borrowing Descriptor) throws(Errno) {
        // Borrowed whole: a temporary whose number alone is passed on would be closed before the call.
        let (source, place) = (mount.number, target.number)
        let flags = UInt32(CSN_MOVE_MOUNT_F_EMPTY_PATH | CSN_MOVE_MOUNT_T_EMPTY_PATH)
        _ = try checked { csn_move_mount(source, "", place, "", flags) }
    }

    /// Takes a mount off its place; what still uses it keeps it.
    public static func detach(_ path: String) throws(Errno) {
        _ = try checked { umount2(path, Int32(MNT_DETACH) | Int32(CSN_UMOUNT_NOFOLLOW)) }
    }

    /// Makes the current directory the root, with the old root stacked on it: no path leads there, but `.` still does.
    /// Source: pivot_root(2).
    public static func pivotIntoCurrentDirectory() throws(Errno) {
        _ = try checked { csn_pivot_root(".", ".") }
    }

    /// Takes the old root away, after `pivotIntoCurrentDirectory` and from the same current directory. The kernel waits meanwhile
    /// until no processor looks at the mounts any more.
    public static func leaveOldRoot() throws(ConfinementError) {
        try step(.pivot) { () throws(Errno) in
            _ = try checked { umount2(".", Int32(MNT_DETACH)) }
            _ = try checked { chdir("/") }
        }
    }
}
