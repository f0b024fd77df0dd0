internal import CKernel
internal import Glibc
internal import Kernel
public import Records

/// Flags of this process that prctl(2) sets, each irrevocable or reset by execve as its comment says.
public enum ProcessFlags {
    /// This process dies with its parent. Reset by every change of credentials, hence its place after the last one.
    public static func dieWithParent() throws(ConfinementError) {
        try set(.parentDeath, Int32(CSN_PR_SET_PDEATHSIG), UInt(SIGKILL))
    }

    /// No program started from here gains privileges from its file. Irrevocable, and a condition of both Landlock and
    /// seccomp without privilege.
    public static func noNewPrivileges() throws(ConfinementError) {
        try set(.noNewPrivileges, Int32(CSN_PR_SET_NO_NEW_PRIVS), 1)
    }

    /// Whether others of the same user may read this process's memory and descriptors. execve sets it again.
    public static func dumpable(_ value: Bool, stage: Stage) throws(ConfinementError) {
        try set(stage, Int32(CSN_PR_SET_DUMPABLE), value ? 1 : 0)
    }

    /// The hardening flags of the plan.
    public static func harden(_ plan: PlannedHardening) throws(ConfinementError) {
        if plan.denyWriteExecute { try set(.hardening, Int32(CSN_PR_SET_MDWE), 1) }
        guard plan.mitigateSpeculation else { return }
        // PR_SPEC_STORE_BYPASS and PR_SPEC_INDIRECT_BRANCH to PR_SPEC_FORCE_DISABLE; a processor without the defect
        // answers ENXIO or ENODEV and has nothing to switch off.
        for kind: UInt in [0, 1] {
            try step(.hardening) { () throws(Errno) in
                do throws(Errno) {
                    _ = try checked { csn_prctl(Int32(CSN_PR_SET_SPECULATION_CTRL), kind, 1 << 3, 0, 0) }
                } catch {
                    guard error.rawValue == ENXIO || error.rawValue == ENODEV else { throw error }
                }
            }
        }
    }

    /// A session keyring of its own, so that keys of the caller can't be reached. Source: keyctl(2).
    public static func newSessionKeyring() throws(ConfinementError) {
        _ = try step(.keyring) { () throws(Errno) in try checked { csn_keyctl_join_session() } }
    }

    private static func set(_ stage: Stage, _ option: Int32, _ value: UInt) throws(ConfinementError) {
        _ = try step(stage) { () throws(Errno) in try checked { csn_prctl(option, value, 0, 0, 0) } }
    }
}
