internal import CSeccomp
internal import Glibc

/// The number of a call on this machine.
enum SyscallNumber: Equatable {
    /// It has this number.
    case number(Int32)
    /// Only other architectures have it.
    case elsewhere

    /// Looks a name up in libseccomp, then among the calls that it is too old for; nil if nobody knows it.
    static func of(_ name: String) -> SyscallNumber? {
        let known = seccomp_syscall_resolve_name(name)
        if known >= 0 { return .number(known) }
        if let newer = NewerCalls.numbers[name] { return .number(newer) }
        // libseccomp gives a negative number to calls of other architectures.
        return known != __NR_SCMP_ERROR || SyscallGroup.known.contains(name) ? .elsewhere : nil
    }

    /// The name that libseccomp has for a number of an architecture (AUDIT_ARCH_*).
    static func name(_ number: Int32, _ architecture: UInt32) -> String? {
        guard let text = seccomp_syscall_resolve_num_arch(architecture, number) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}

/// Calls that the libseccomp of Debian 12 (2.5.4) does not know, and what of the processor matters here.
///
/// Source: scripts/syscall.tbl and arch/x86/entry/syscalls/syscall_64.tbl of Linux 7.0. Since 424 a new call has the
/// same number on every architecture.
enum NewerCalls {
    static let numbers: [String: Int32] = common.merging(native) { first, _ in first }

    private static let common: [String: Int32] = [
        "cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455,
        "futex_requeue": 456, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
        "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464, "listxattrat": 465,
        "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469, "listns": 470,
        "rseq_slice_yield": 471,
    ]

    #if arch(x86_64)
        private static let native: [String: Int32] = ["uretprobe": 335, "uprobe": 336]
    #else
        private static let native: [String: Int32] = [:]
    #endif

    /// Which argument of clone(2) holds the flags.
    #if arch(s390x)
        static let cloneFlags: UInt32 = 1
    #else
        static let cloneFlags: UInt32 = 0
    #endif
}
