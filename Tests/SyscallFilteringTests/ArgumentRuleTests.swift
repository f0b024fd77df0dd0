import Glibc
import Testing

@testable import SyscallFiltering

@Suite("Rules for arguments")
struct ArgumentRuleTests {
    private let denied = BPFProgram.errno(EPERM)
    private let allowed = BPFProgram.allow
    /// The kernel looks at the lower half of an int or a mode; what is above it must not change the verdict.
    private let junk: [UInt64] = [0, 1 << 32, 0xffff_ffff << 32, 0xdead_beef << 32]

    private static func filter(_ change: (inout FilterRequest) -> Void = { _ in }) throws -> BPFProgram {
        var request = FilterRequest()
        change(&request)
        return BPFProgram(try FilterCompiler.task(request))
    }

    @Test(
        "a mode with set-user-id or set-group-id is refused where a file is made or changed",
        arguments: [
            ("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("fchmodat2", 2), ("mkdir", 1), ("mkdirat", 2), ("creat", 1),
            ("mknod", 1), ("mknodat", 2),
        ], ["default", "strict"])
    func setID(call: (name: String, mode: Int), base: String) throws {
        let filter = try Self.filter { $0.base = base }
        for high in junk {
            for mode: UInt64 in [0o4000, 0o2000, 0o6755, 0o4755, 0o2755, 0o102644] {
                #expect(try action(filter, call.name, [call.mode: mode | high]) == denied, "\(String(mode, radix: 8))")
            }
            for mode: UInt64 in [0, 0o755, 0o1777, 0o644] {
                #expect(try action(filter, call.name, [call.mode: mode | high]) == allowed, "\(String(mode, radix: 8))")
            }
        }
    }

    @Test(
        "an open with a set-user-id mode is refused only where it makes a file",
        arguments: [("open", 1), ("openat", 2)])
    func open(call: (name: String, flags: Int)) throws {
        let filter = try Self.filter()
        let making: [UInt64] = [0o100, 0o20_000_000, 0o20_200_002, 0o20_000_100, 0o1101]
        for high in junk {
            for flags in making {
                let bad = [call.flags: flags | high, call.flags + 1: 0o4755 | high]
                #expect(try action(filter, call.name, bad) == denied)
                #expect(
                    try action(filter, call.name, [call.flags: flags | high, call.flags + 1: 0o644 | high]) == allowed)
            }
            // Without O_CREAT the mode is whatever the register held; O_DIRECTORY alone is not O_TMPFILE.
            for flags: UInt64 in [0, 0o200_000, 0o2, 0o2_000_000] {
                #expect(try action(filter, call.name, [call.flags: flags | high, call.flags + 1: 0o6777]) == allowed)
            }
        }
    }

    @Test("openat2 and clone3 don't exist: what they ask for is behind a pointer", arguments: ["default", "strict"])
    func behindPointers(base: String) throws {
        let filter = try Self.filter { $0.base = base }
        for name in ["openat2", "clone3"] { #expect(try filter.action(name) == BPFProgram.errno(ENOSYS)) }
    }

    @Test(
        "devices and whiteouts can't be made, files, FIFOs and sockets can", arguments: [("mknod", 1), ("mknodat", 2)])
    func nodes(call: (name: String, mode: Int)) throws {
        let filter = try Self.filter()
        for high in junk {
            for kind: UInt64 in [0o020000, 0o060000, 0o040000, 0o120000] {
                #expect(try action(filter, call.name, [call.mode: kind | 0o644 | high]) == denied)
            }
            for kind: UInt64 in [0, 0o100000, 0o010000, 0o140000] {
                #expect(try action(filter, call.name, [call.mode: kind | 0o644 | high]) == allowed)
            }
        }
    }

    @Test("clone makes threads and processes, and no namespace")
    func namespaces() throws {
        let filter = try Self.filter()
        let position = Int(NewerCalls.cloneFlags)
        // A thread of glibc, fork, vfork.
        for flags: UInt64 in [0x3d_0f00, 0x0120_0011, 0x4111, 17] {
            for high in junk { #expect(try action(filter, "clone", [position: flags | high]) == allowed) }
        }
        let bits: [UInt64] = [
            0x80, 0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        for bit in bits {
            for high in junk { #expect(try action(filter, "clone", [position: bit | 17 | high]) == denied) }
        }
        for name in ["unshare", "setns"] { #expect(try filter.action(name) == denied) }
    }

    @Test("no bit above the 32 that the kernel reads lets a terminal command through")
    func terminal() throws {
        let filter = try Self.filter()
        for high in junk {
            for command: UInt64 in [0x5412, 0x541c, 0x5423] {
                #expect(try action(filter, "ioctl", [1: command | high]) == denied)
            }
            for command: UInt64 in [0x5401, 0x5413, 0x540e, 0x5421, 0x5411, 0x541b, 0x541d, 0x5424, 0, 0xffff_ffff] {
                #expect(try action(filter, "ioctl", [1: command | high]) == allowed, "\(String(command, radix: 16))")
            }
        }
    }

    @Test("personality asks and sets the ordinary one, and nothing else")
    func personality() throws {
        let filter = try Self.filter()
        for high in junk {
            for value: UInt64 in [0, 0xffff_ffff] {
                #expect(try action(filter, "personality", [0: value | high]) == allowed)
            }
            for value: UInt64 in [8, 0x40000, 0x400000, 0x20000, 1, 0xffff_fffe] {
                #expect(try action(filter, "personality", [0: value | high]) == denied)
            }
        }
    }

    @Test("prctl keeps the signal of the parent's death, dumpable stays free")
    func processFlags() throws {
        let filter = try Self.filter()
        let strict = try Self.filter { $0.base = "strict" }
        for high in junk {
            for option: UInt64 in [1, 35, 62] { #expect(try action(filter, "prctl", [0: option | high]) == denied) }
            for option: UInt64 in [4, 15, 22, 38, 53, 0, 2, 3, 34, 36, 63] {
                #expect(try action(filter, "prctl", [0: option | high]) == allowed)
            }
            #expect(try action(strict, "prctl", [0: 22 | high]) == denied)
        }
    }

    @Test("a task may filter itself further, but never answer the calls of others")
    func ownFilters() throws {
        let filter = try Self.filter()
        for high in junk {
            for flags: UInt64 in [0, 1, 2, 4, 0x10] {
                #expect(try action(filter, "seccomp", [0: 1, 1: flags | high]) == allowed)
            }
            for flags: UInt64 in [8, 9, 0x28, 0x3f] {
                #expect(try action(filter, "seccomp", [0: 1, 1: flags | high]) == denied)
            }
        }
        #expect(try Self.filter { $0.base = "strict" }.action("seccomp", 1, 0) == denied)
    }

    @Test("without a network there are only local sockets")
    func noNetwork() throws {
        let filter = try Self.filter()
        let unsupported = BPFProgram.errno(EAFNOSUPPORT)
        for high in junk {
            #expect(try action(filter, "socket", [0: 1 | high, 1: 1]) == allowed)
            for family: UInt64 in 0...64 where family != 1 {
                #expect(try action(filter, "socket", [0: family | high, 1: 1]) == unsupported, "\(family)")
                #expect(try action(filter, "socketpair", [0: family | high, 1: 1]) == unsupported, "\(family)")
            }
            #expect(try action(filter, "socketpair", [0: 1 | high, 1: 1]) == allowed)
        }
    }

    @Test(
        "with a network there are TCP, UDP and the list of addresses, and no other protocol",
        arguments: [FilterNetwork.loopback, .host])
    func internet(network: FilterNetwork) throws {
        let filter = try Self.filter { $0.network = network }
        func socket(_ family: UInt64, _ type: UInt64, _ number: UInt64 = 0) throws -> UInt32 {
            try filter.action("socket", family, type, number)
        }
        let (noProtocol, noFamily) = (BPFProgram.errno(EPROTONOSUPPORT), BPFProgram.errno(EAFNOSUPPORT))
        for high in junk {
            for family: UInt64 in [2, 10] {
                // With SOCK_CLOEXEC and SOCK_NONBLOCK too.
                for type: UInt64 in [1, 2, 0x80801, 0x802] {
                    for number: UInt64 in [0, 6, 17] {
                        #expect(try socket(family | high, type | high, number | high) == allowed)
                    }
                    // ICMP, SCTP, MPTCP.
                    for number: UInt64 in [1, 58, 132, 262, 0xffff_ffff] {
                        #expect(try socket(family | high, type | high, number | high) == noProtocol)
                    }
                }
                for type: UInt64 in [3, 4, 5, 6, 10, 0x80003] {
                    #expect(try socket(family | high, type | high) == denied)
                }
            }
            #expect(try socket(16 | high, 3) == allowed)
            for number: UInt64 in [4, 9, 12, 15, 16] { #expect(try socket(16 | high, 3, number | high) == noProtocol) }
            #expect(try socket(1 | high, 1) == allowed)
            for family: UInt64 in 0...64 where ![1, 2, 10, 16].contains(family) {
                #expect(try socket(family | high, 1) == noFamily, "\(family)")
            }
        }
    }

    @Test("memory is never writable and executable where the policy says so")
    func writeExecute() throws {
        let filter = try Self.filter { $0.mayWriteExecute = false }
        for high in junk {
            #expect(try action(filter, "mmap", [2: 7 | high]) == denied)
            #expect(try action(filter, "mmap", [2: 6 | high]) == denied)
            for protection: UInt64 in [0, 1, 3, 5] {
                #expect(try action(filter, "mmap", [2: protection | high]) == allowed)
            }
            for name in ["mprotect", "pkey_mprotect"] {
                for protection: UInt64 in [4, 5, 7] {
                    #expect(try action(filter, name, [2: protection | high]) == denied)
                }
                #expect(try action(filter, name, [2: 3 | high]) == allowed)
            }
            #expect(try action(filter, "shmat", [2: 0o100000 | high]) == denied)
            #expect(try action(filter, "shmat", [2: 0o10000 | high]) == allowed)
        }
        #expect(try filter.action("memfd_create") == denied)
        #expect(try Self.filter().action("mmap", 0, 0, 7) == allowed)
    }

    @Test("the program does with chosen and random arguments what the rules say", arguments: FilterNetwork.allCases)
    func agreesWithRules(network: FilterNetwork) throws {
        let request = FilterRequest(network: network, mayWriteExecute: false)
        let filter = BPFProgram(try FilterCompiler.task(request))
        var random = SystemRandomNumberGenerator()
        for (name, verdict) in ArgumentRules(request: request).all {
            guard case .number(let number)? = SyscallNumber.of(name) else { continue }
            for _ in 0..<2000 {
                let arguments = (0..<6).map { _ in Self.value(verdict, &random) }
                let outcome = try filter.run(.init(number: UInt32(number), arguments: arguments))
                #expect(outcome.action == verdict.action(arguments).rawValue, "\(name) \(arguments)")
            }
        }
    }

    /// A value that a rule looks for, give or take a bit, with junk above it; or anything.
    private static func value(_ verdict: Verdict, _ random: inout SystemRandomNumberGenerator) -> UInt64 {
        guard Bool.random(using: &random), let wanted = verdict.values.randomElement(using: &random) else {
            return random.next()
        }
        let flipped = Bool.random(using: &random) ? wanted ^ 1 << UInt64.random(in: 0..<32, using: &random) : wanted
        return flipped | UInt64(UInt32.random(in: 0...3, using: &random)) << 32
    }

    private func action(_ filter: BPFProgram, _ name: String, _ arguments: [Int: UInt64]) throws -> UInt32 {
        guard case .number(let number)? = SyscallNumber.of(name) else { return allowed }
        let all = (0..<6).map { arguments[$0] ?? 0 }
        return try filter.run(.init(number: UInt32(number), arguments: all)).action
    }
}

extension Verdict {
    /// What the tree says, read as it stands.
    fileprivate func action(_ arguments: [UInt64]) -> FilterAction {
        switch self {
        case .always(let action): action
        case .byBits(let argument, let mask, let cases, let otherwise):
            (cases.first { $0.value == arguments[Int(argument)] & mask }?.verdict ?? otherwise).action(arguments)
        }
    }

    /// Every value that the tree compares with.
    fileprivate var values: [UInt64] {
        switch self {
        case .always: []
        case .byBits(_, let mask, let cases, let otherwise):
            cases.map(\.value) + [mask] + cases.flatMap(\.verdict.values) + otherwise.values
        }
    }
}
