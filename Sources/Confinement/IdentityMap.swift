internal import Glibc
internal import Kernel
public import Records

/// The uid and gid maps of a user namespace, written from outside while its init waits. Source: user_namespaces(7).
public enum IdentityMap {
    /// Writes both maps.
    ///
    /// Without privilege over the parent namespace, setgroups(2) must be denied before gid_map can be written; then
    /// supplementary groups can't be dropped any more, which is why `groups` is a layer of its own.
    public static func write(_ identity: PlannedIdentity, pid: Int32) throws(ConfinementError) {
        try step(.identityMaps) { () throws(Errno) in
            if !identity.dropsGroups { try writeFile(pid, "setgroups", "deny") }
            try write(pid: pid, "gid_map", inner: identity.innerGroup, outer: identity.hostGroup)
            try write(pid: pid, "uid_map", inner: identity.innerUser, outer: identity.hostUser)
        }
    }

    static func write(pid: Int32, _ file: String, inner: UInt32, outer: UInt32) throws(Errno) {
        try writeFile(pid, file, "\(inner) \(outer) 1\n")
    }

    private static func writeFile(_ pid: Int32, _ file: String, _ text: String) throws(Errno) {
        let map = try Files.open("/proc/\(pid)/\(file)", O_WRONLY)
        try Transfer.write(map.number, text)
    }
}
