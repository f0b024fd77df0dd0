internal import CKernel
internal import CSeccomp
internal import Glibc
internal import Kernel

/// A filter that libseccomp is building, for this machine's architecture.
struct FilterContext: ~Copyable {
    private let handle: scmp_filter_ctx
    private let fallback: FilterAction

    private init(fallback: FilterAction) throws(FilterError) {
        guard let handle = seccomp_init(fallback.rawValue) else {
            throw .library(function: "seccomp_init", Errno(rawValue: ENOMEM))
        }
        self.handle = handle
        self.fallback = fallback
    }

    /// A filter without rules.
    ///
    /// - Parameter fallback: What happens to a call that no rule applies to.
    static func empty(fallback: FilterAction) throws(FilterError) -> FilterContext {
        let context = try FilterContext(fallback: fallback)
        // Said, not inherited: the library's own choice kills only the thread. It holds for x32 as well, whose numbers
        // carry a bit that no call of x86-64 has.
        try context.set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS, "badarch")
        // A binary tree: openat, which depends on arguments, takes 28 instructions instead of 386 on a list. The
        // kernel remembers the others and does not run the program for them (Linux 5.11).
        try context.set(SCMP_FLTATR_CTL_OPTIMIZE, 2, "optimize")
        return context
    }

    deinit { seccomp_release(handle) }

    /// Decides about a call by its number.
    func decide(_ number: Int32, _ verdict: Verdict) throws(FilterError) {
        // libseccomp refuses a rule that says what holds anyway.
        for rule in verdict.rules where rule.action != fallback {
            let conditions = rule.conditions.map {
                scmp_arg_cmp(
                    arg: $0.argument, op: SCMP_CMP_MASKED_EQ, datum_a: $0.pattern.mask, datum_b: $0.pattern.value)
            }
            let result = seccomp_rule_add_exact_array(
                handle, rule.action.rawValue, number, UInt32(conditions.count), conditions)
            try FilterContext.check(result, "seccomp_rule_add for call \(number)")
        }
    }

    /// The program: an array of struct sock_filter in this machine's byte order.
    func program() throws(FilterError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(Errno) {
            let file = Descriptor(owning: try checked { csn_memfd("filter", UInt32(CSN_MFD_CLOEXEC)) })
            let result = seccomp_export_bpf(handle, file.number)
            guard result >= 0 else { throw Errno(rawValue: -result) }
            bytes = try Transfer.read(file.number, at: 0, count: Int(try FileStatus.of(file.number).size))
        } catch {
            throw .library(function: "seccomp_export_bpf", error)
        }
        let instructions = bytes.count / 8
        guard instructions <= 4096 else { throw .tooLong(instructions: instructions) }
        return bytes
    }

    private func set(_ attribute: scmp_filter_attr, _ value: UInt32, _ name: String) throws(FilterError) {
        try FilterContext.check(seccomp_attr_set(handle, attribute, value), "seccomp_attr_set \(name)")
    }

    private static func check(_ result: Int32, _ function: String) throws(FilterError) {
        guard result >= 0 else { throw .library(function: function, Errno(rawValue: -result)) }
    }
}
