internal import CCapability
internal import CKernel
internal import Glibc
internal import Kernel
internal import Records

/// The five capability sets of this process, emptied. Source: capabilities(7).
public enum Capabilities {
    /// Locks the secure bits: no program regains capabilities by being root or by a change of user.
    ///
    /// Must come first of all: setting them needs a capability, and they keep the sets across the change of user.
    public static func lockSecureBits() throws(ConfinementError) {
        // NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE with their locks, and the lock of KEEP_CAPS.
        let bits: UInt32 = 0b1110_1111
        _ = try step(.secureBits) { () throws(Errno) in try checked { cap_set_secbits(bits) } }
    }

    /// Empties the bounding and the ambient set, for this process and all that it starts. Must come before the permitted
    /// set is emptied, which it needs.
    public static func emptyBoundingSet() throws(ConfinementError) {
        try step(.boundingSet) { () throws(Errno) in
            var number: UInt = 0
            while try dropFromBoundingSet(number) { number += 1 }
            let (ambient, clear) = (Int32(CSN_PR_CAP_AMBIENT), UInt(CSN_PR_CAP_AMBIENT_CLEAR_ALL))
            _ = try checked { csn_prctl(ambient, clear, 0, 0, 0) }
        }
    }

    /// Drops one; false at the first number that this kernel does not know. The call itself, because libcap asks for each
    /// set and number before.
    private static func dropFromBoundingSet(_ number: UInt) throws(Errno) -> Bool {
        do {
            _ = try checked { csn_prctl(Int32(CSN_PR_CAPBSET_DROP), number, 0, 0, 0) }
            return true
        } catch {
            guard error.rawValue == EINVAL, number > 0 else { throw error }
            return false
        }
    }

    /// Empties the effective, permitted and inheritable sets, but for what is kept.
    public static func empty(keeping kept: [Int32] = []) throws(ConfinementError) {
        try step(.capabilities) { () throws(Errno) in
            guard let sets = cap_init() else { throw Errno(rawValue: ENOMEM) }
            defer { cap_free(UnsafeMutableRawPointer(sets)) }
            if !kept.isEmpty {
                let count = Int32(kept.count)
                _ = try checked { cap_set_flag(sets, CAP_PERMITTED, count, kept, CAP_SET) }
                _ = try checked { cap_set_flag(sets, CAP_EFFECTIVE, count, kept, CAP_SET) }
            }
            _ = try checked { cap_set_proc(sets) }
        }
    }

    /// CAP_DAC_OVERRIDE: what a monitor of root's needs to remove a file in somebody else's directory.
    public static let overrideAccess: Int32 = 1
    /// CAP_KILL: what a monitor with a task under another uid needs.
    public static let kill: Int32 = 5
}
