internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// User and group of this process, as numbers of its user namespace.
public enum Credentials {
    /// Becomes the sandbox's one user, keeping capabilities over its namespaces.
    ///
    /// The raw system calls: glibc's own walk the threads of a process that has one.
    public static func become(_ identity: PlannedIdentity, stage: Stage) throws(ConfinementError) {
        try step(stage) { () throws(Errno) in
            if identity.dropsGroups { _ = try checked { csn_setgroups_empty() } }
            let (user, group) = (identity.innerUser, identity.innerGroup)
            _ = try checked { csn_setresgid(group, group, group) }
            _ = try checked { csn_setresuid(user, user, user) }
        }
    }
}
