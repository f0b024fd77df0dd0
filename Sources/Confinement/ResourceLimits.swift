internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// Resource limits of this process and of what it starts. Source: setrlimit(2).
public enum ResourceLimits {
    /// Sets each limit but that of descriptors. Raising a hard limit is EPERM without CAP_SYS_RESOURCE: the front end never
    /// asks for it.
    public static func set(_ limits: [PlannedLimit]) throws(ConfinementError) {
        try set(limits) { $0 != RLIMIT_NOFILE.rawValue }
    }

    /// Sets the limit of descriptors, once nothing more needs one.
    public static func setDescriptors(_ limits: [PlannedLimit]) throws(ConfinementError) {
        try set(limits) { $0 == RLIMIT_NOFILE.rawValue }
    }

    private static func set(
        _ limits: [PlannedLimit], where isMeant: (UInt32) -> Bool
    ) throws(ConfinementError) {
        for (index, limit) in limits.enumerated() where isMeant(UInt32(limit.resource)) {
            _ = try step(.resourceLimits, index: index) { () throws(Errno) in
                try checked { csn_setrlimit(limit.resource, limit.soft, limit.hard) }
            }
        }
    }
}
