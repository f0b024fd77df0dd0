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
        if plan.denyWriteExecute { try denyWriteExecute() }
        guard plan.mitigateSpeculation else { return }
        for kind: UInt in [0, 1] { try disableSpeculation(kind) }
    }

    /// PR_SET_MDWE to PR_MDWE_REFUSE_EXEC_GAIN. Before Linux 6.3 the call is EINVAL, and the filter of system calls alone
    /// has the rule.
    private static func denyWriteExecute() throws(ConfinementError) {
        do throws(ConfinementError) {
            try set(.hardening, Int32(CSN_PR_SET_MDWE), 1)
        } catch {
            guard error.errno.rawValue == EINVAL else { throw error }
        }
    }

    /// Switches one kind of speculation off for good: PR_SPEC_STORE_BYPASS or PR_SPEC_INDIRECT_BRANCH to PR_SPEC_FORCE_DISABLE.
    ///
    /// A processor without the defect has nothing to switch off, and refuses to: hence the question first. Source:
    /// PR_GET_SPECULATION_CTRL(2const).
    private static func disableSpeculation(_ kind: UInt) throws(ConfinementError) {
        let (isDisabled, isDisabledForGood): (Int32, Int32) = (1 << 2, 1 << 3)
        try step(.hardening) { () throws(Errno) in
            let state = try speculation(kind)
            // Without PR_SPEC_PRCTL beside it, PR_SPEC_DISABLE is for every process, and none can undo it.
            if state == 0 || state == isDisabled || state & isDisabledForGood != 0 { return }
            _ = try checked { csn_prctl(Int32(CSN_PR_SET_SPECULATION_CTRL), kind, UInt(isDisabledForGood), 0, 0) }
        }
    }

    /// What the processor and the kernel do: 0 is that the processor does not have the defect.
    private static func speculation(_ kind: UInt) throws(Errno) -> Int32 {
        do throws(Errno) {
            return try checked { csn_prctl(Int32(CSN_PR_GET_SPECULATION_CTRL), kind, 0, 0, 0) }
        } catch {
            // Architectures on which nothing of this kind is known.
            guard error.rawValue == ENODEV else { throw error }
            return 0
        }
    }

    /// A session keyring of its own, so that keys of the caller can't be reached. Source: keyctl(2).
    ///
    /// - Parameter isRequired: Where the filter refuses every call for keys, a user who has no more keyrings to give (200
    ///   for an ordinary one, EDQUOT) does without.
    public static func newSessionKeyring(isRequired: Bool) throws(ConfinementError) {
        try step(.keyring) { () throws(Errno) in
            do throws(Errno) {
                _ = try checked { csn_keyctl_join_session() }
            } catch {
                guard error.rawValue == EDQUOT, !isRequired else { throw error }
            }
        }
    }

    private static func set(_ stage: Stage, _ option: Int32, _ value: UInt) throws(ConfinementError) {
        _ = try step(stage) { () throws(Errno) in try checked { csn_prctl(option, value, 0, 0, 0) } }
    }
}
