internal import CKernel
public import Kernel
internal import Records

/// The namespaces of a sandbox, made in one clone3(2) together with its first process.
public enum Namespaces {
    /// What a call of `enter` returned to whom.
    public enum Side {
        /// The new process, PID 1 of its namespace.
        case inside
        /// The caller: the process's pid on this side and a pidfd that the caller owns.
        case outside(pid: Int32, pidfd: Int32)
    }

    /// Makes the namespaces and the sandbox's init in one step, straight into a cgroup where there is one: no moment
    /// exists in which a process of the task is outside.
    ///
    /// The airlock has one thread, which is why Swift may go on after it in the child.
    ///
    /// All but that of the network, which takes longer than the others together: init makes it beside its other work.
    ///
    /// - Parameter cgroup: The task's cgroup directory, or nil.
    public static func enter(cgroup: Int32?) throws(ConfinementError) -> Side {
        let flags =
            CSN_CLONE_NEWUSER | CSN_CLONE_NEWNS | CSN_CLONE_NEWPID | CSN_CLONE_NEWIPC | CSN_CLONE_NEWUTS
            | CSN_CLONE_NEWCGROUP
        var pidfd: Int32 = -1
        let pid = try step(.namespaces) { () throws(Errno) in
            try checkedOnce { csn_clone3(flags, cgroup ?? -1, &pidfd) }
        }
        return pid == 0 ? .inside : .outside(pid: pid, pidfd: pidfd)
    }

    /// A user namespace that exists only for an idmapped mount: `inner` on disk is `outer` here.
    ///
    /// A child makes it and ends at once: a zombie keeps its user namespace while the maps are written and its descriptor is
    /// opened. It shares this process's memory and runs nothing of it: a fork would cost four times as much.
    ///
    /// - Returns: The namespace, and the pid of the child, which the caller reaps before it makes another one.
    public static func forMapping(
        user inner: UInt32, to outer: UInt32, group innerGroup: UInt32, to outerGroup: UInt32
    ) throws(Errno) -> MappingNamespace {
        let holder = try checkedOnce { csn_hold_user_namespace() }
        try IdentityMap.write(pid: holder, "uid_map", inner: inner, outer: outer)
        try IdentityMap.write(pid: holder, "gid_map", inner: innerGroup, outer: outerGroup)
        return MappingNamespace(descriptor: try Files.open("/proc/\(holder)/ns/user", 0), holder: holder)
    }
}

/// A user namespace made for an idmapped mount.
public struct MappingNamespace: ~Copyable {
    /// The namespace, for mount_setattr(2).
    public let descriptor: Descriptor
    /// The pid of a child that has ended or is about to, and is not reaped yet.
    public let holder: Int32
}
