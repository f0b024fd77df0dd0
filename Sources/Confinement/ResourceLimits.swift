internal import CKernel
internal import Kernel
public import Records

/// Resource limits of this process and of what it starts. Source: setrlimit(2).
public enum ResourceLimits {
    /// Sets each limit. Raising a hard limit is EPERM without CAP_SYS_RESOURCE: the front end never asks for it.
    public static func set(_ limits: [PlannedLimit]) throws(ConfinementError) {
        for (index, limit) in limits.enumerated() {
            _ = try step(.resourceLimits, index: index) { () throws(Errno) in
                try checked { csn_setrlimit(limit.resource, limit.soft, limit.hard) }
            }
        }
    }
}
