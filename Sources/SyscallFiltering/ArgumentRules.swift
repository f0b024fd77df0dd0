internal import Glibc

/// What is allowed of a call only with some arguments. The rules hold in every base, and `allow` does not lift them.
struct ArgumentRules {
    let request: FilterRequest

    /// The rule of each call that has one.
    var all: [String: Verdict] {
        var rules = setUserID
        rules.merge(processes) { first, _ in first }
        rules.merge(sockets) { first, _ in first }
        if !request.mayWriteExecute { rules.merge(writeExecute) { first, _ in first } }
        return rules
    }

    // MARK: set-user-id

    /// S_ISUID and S_ISGID: a task without any privilege could leave a program behind that, run on the host, becomes the
    /// workspace's owner.
    private static let setIDs: UInt64 = 0o6000

    private static func setIDFree(mode: UInt32) -> Verdict { .unless(argument: mode, hasAnyOf: setIDs) }

    /// open(2)'s mode means something only when a file is made: without O_CREAT and O_TMPFILE it is whatever the register
    /// held.
    static func setIDFree(flags: UInt32, mode: UInt32) -> Verdict {
        .byBits(
            argument: flags, mask: UInt64(O_CREAT) | temporaryFile, [.init(0, .allow)], otherwise: setIDFree(mode: mode)
        )
    }

    /// __O_TMPFILE of asm-generic/fcntl.h, without the O_DIRECTORY that O_TMPFILE adds.
    private static let temporaryFile: UInt64 = 0o20_000_000

    /// mknod(2): regular files, FIFOs and sockets; no device, and no whiteout, which is one.
    private static func plainNode(mode: UInt32) -> Verdict {
        let kinds = [0, S_IFREG, S_IFIFO, S_IFSOCK].map { UInt64($0) }
        return .only(argument: mode, mask: UInt64(S_IFMT) | setIDs, kinds)
    }

    private var setUserID: [String: Verdict] {
        [
            "chmod": Self.setIDFree(mode: 1), "fchmod": Self.setIDFree(mode: 1), "fchmodat": Self.setIDFree(mode: 2),
            "fchmodat2": Self.setIDFree(mode: 2), "mkdir": Self.setIDFree(mode: 1), "mkdirat": Self.setIDFree(mode: 2),
            "creat": Self.setIDFree(mode: 1), "mknod": Self.plainNode(mode: 1), "mknodat": Self.plainNode(mode: 2),
            "open": Self.setIDFree(flags: 1, mode: 2), "openat": Self.setIDFree(flags: 2, mode: 3),
        ]
    }

    // MARK: processes and terminals

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. CLONE_NEWTIME (0x80) lies within the signal number
    /// of clone(2), which ignores it; no signal has that bit, so it is refused like the others.
    private static let namespaces: UInt64 = 0x7e02_0080

    private var processes: [String: Verdict] {
        [
            "clone": .unless(argument: NewerCalls.cloneFlags, hasAnyOf: Self.namespaces),
            // TIOCSTI and TIOCLINUX type into a terminal, TIOCSETD loads line disciplines.
            "ioctl": .except(argument: 1, [0x5412, 0x541c, 0x5423]),
            // 0 is PER_LINUX, all ones is a question. Others switch off what protects memory (READ_IMPLIES_EXEC).
            "personality": .only(argument: 0, [0, 0xffff_ffff]),
            "prctl": .except(argument: 0, refusedOptions),
            // SECCOMP_FILTER_FLAG_NEW_LISTENER: who listens can answer for the kernel, and skip the calls of others.
            "seccomp": .unless(argument: 1, hasAnyOf: 1 << 3),
        ]
    }

    /// PR_SET_PDEATHSIG would take away that the task dies with init; PR_SET_MM moves what /proc says of it;
    /// PR_SCHED_CORE groups it with strangers on one core; PR_SET_SECCOMP goes where seccomp(2) goes.
    private var refusedOptions: [UInt64] {
        [1, 35, 62] + (request.base == "strict" ? [22] : [])
    }

    // MARK: sockets

    private static let wrongFamily = FilterAction.refuse(EAFNOSUPPORT)

    private var sockets: [String: Verdict] {
        let own = Verdict.Case(UInt64(AF_UNIX), .allow)
        let others = request.network == .none ? [] : Self.internetFamilies
        let refused = Verdict.always(Self.wrongFamily)
        return [
            "socket": .byBits(argument: 0, mask: Verdict.int, [own] + others, otherwise: refused),
            "socketpair": .byBits(argument: 0, mask: Verdict.int, [own], otherwise: refused),
        ]
    }

    /// TCP and UDP, and the netlink protocol by which getifaddrs(3) lists addresses. SCTP and MPTCP would also pass by
    /// Landlock's ports.
    private static var internetFamilies: [Verdict.Case] {
        let unsupported = FilterAction.refuse(EPROTONOSUPPORT)
        let protocols = Verdict.only(argument: 2, [0, UInt64(IPPROTO_TCP), UInt64(IPPROTO_UDP)], else: unsupported)
        // SOCK_STREAM and SOCK_DGRAM, within the bits that the kernel takes for the type.
        let internet = Verdict.byBits(
            argument: 1, mask: 0xf, [.init(1, protocols), .init(2, protocols)], otherwise: .always(.denied))
        let route = Verdict.only(argument: 2, [0], else: unsupported)
        return [.init(UInt64(AF_INET), internet), .init(UInt64(AF_INET6), internet), .init(UInt64(AF_NETLINK), route)]
    }

    // MARK: memory

    /// PROT_EXEC.
    static let executable: UInt64 = 4
    private static let writable: UInt64 = 2

    /// The second line behind PR_SET_MDWE, and the only one before Linux 6.3.
    private var writeExecute: [String: Verdict] {
        let both = Self.writable | Self.executable
        let map = Verdict.byBits(argument: 2, mask: both, [.init(both, .always(.denied))], otherwise: .allow)
        return [
            "mmap": map, "mprotect": .unless(argument: 2, hasAnyOf: Self.executable),
            "pkey_mprotect": .unless(argument: 2, hasAnyOf: Self.executable),
            // SHM_EXEC.
            "shmat": .unless(argument: 2, hasAnyOf: 0o100000),
        ]
    }
}
