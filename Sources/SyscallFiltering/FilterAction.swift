internal import CSeccomp
internal import Glibc

/// What happens to a call. Source: seccomp(2), SECCOMP_RET_*.
enum FilterAction: Hashable, Sendable {
    /// The kernel carries it out.
    case allow
    /// It returns this errno and does nothing.
    case refuse(Int32)
    /// The process ends with SIGSYS: every thread, not only the one that called.
    case kill

    /// For calls that exist and are not allowed.
    static let denied = FilterAction.refuse(EPERM)
    /// For calls that don't exist here: programs go another way, as on an older kernel.
    static let missing = FilterAction.refuse(ENOSYS)

    /// libseccomp's number.
    var rawValue: UInt32 {
        switch self {
        case .allow: SCMP_ACT_ALLOW
        // The macro SCMP_ACT_ERRNO, which Swift can't import.
        case .refuse(let errno): 0x0005_0000 | UInt32(errno) & 0xffff
        case .kill: SCMP_ACT_KILL_PROCESS
        }
    }
}
