import Glibc
import Testing

@testable import SyscallFiltering

@Suite("The filter of a task")
struct FilterCompilerTests {
    private let denied = BPFProgram.errno(EPERM)
    private let missing = BPFProgram.errno(ENOSYS)

    private static let requests: [FilterRequest] = ["default", "strict"].flatMap { base in
        FilterNetwork.allCases.flatMap { network in
            [true, false].map { FilterRequest(base: base, network: network, mayWriteExecute: $0) }
        }
    }

    private static var programs: [BPFProgram] {
        get throws {
            try requests.map { BPFProgram(try FilterCompiler.task($0)) }
                + [BPFProgram(try FilterCompiler.reaper()), BPFProgram(try FilterCompiler.monitor())]
        }
    }

    private func filter(_ change: (inout FilterRequest) -> Void) throws -> BPFProgram {
        var request = FilterRequest()
        change(&request)
        return BPFProgram(try FilterCompiler.task(request))
    }

    // MARK: numbers

    @Test("every call of another architecture kills the process")
    func foreignArchitecture() throws {
        let foreign = [BPFProgram.Architecture.i386, BPFProgram.Architecture.arm, 0, 0xffff_ffff]
        for program in try Self.programs {
            for architecture in foreign {
                for number: UInt32 in 0...470 {
                    let call = BPFProgram.Call(number: number, architecture: architecture)
                    #expect(try program.run(call).action == BPFProgram.killProcess)
                }
            }
        }
    }

    #if arch(x86_64)
        @Test("every call of x32 kills the process")
        func x32() throws {
            for program in try Self.programs {
                for number: UInt32 in Array(0...600) + [0x3fff_ffff] {
                    let call = BPFProgram.Call(number: number | 0x4000_0000)
                    #expect(try program.run(call).action == BPFProgram.killProcess, "\(number)")
                }
            }
        }
    #endif

    @Test("a number that nobody knows does not exist for a task, and is refused to the airlock")
    func unknownNumbers() throws {
        let known = Set(
            SyscallGroup.known.compactMap { name -> UInt32? in
                guard case .number(let number)? = SyscallNumber.of(name) else { return nil }
                return UInt32(number)
            })
        let tasks = try Self.requests.map { BPFProgram(try FilterCompiler.task($0)) }
        let airlock = [BPFProgram(try FilterCompiler.reaper()), BPFProgram(try FilterCompiler.monitor())]
        for number in Set(UInt32(0)...2000).subtracting(known) {
            for program in tasks { #expect(try program.run(.init(number: number)).action == missing, "\(number)") }
            for program in airlock { #expect(try program.run(.init(number: number)).action == denied, "\(number)") }
        }
    }

    @Test(
        "a known call is allowed, refused or absent as its group says, and never by its neighbour's rule",
        arguments: ["default", "strict"])
    func knownCalls(base: String) throws {
        let request = FilterRequest(base: base)
        let program = BPFProgram(try FilterCompiler.task(request))
        let allowed = try FilterCompiler.calls(request)
        let absent = SyscallGroup.calls(of: "@absent") ?? []
        let conditional = ArgumentRules(request: request).all.keys
        for name in SyscallGroup.known where !(allowed.contains(name) && conditional.contains(name)) {
            guard case .number(let number)? = SyscallNumber.of(name) else { continue }
            let outcome = try program.run(.init(number: UInt32(number)))
            let expected = allowed.contains(name) ? BPFProgram.allow : absent.contains(name) ? missing : denied
            #expect(outcome.action == expected, "\(name)")
            // The kernel remembers such a call and runs the program no more.
            #expect(!outcome.readsArguments, "\(name)")
        }
    }

    @Test("no program is longer than the kernel takes, and no way through it is longer than 200 instructions")
    func length() throws {
        for program in try Self.programs {
            #expect(program.count <= 4096)
            for number: UInt32 in 0...470 {
                let call = BPFProgram.Call(number: number, arguments: Array(repeating: 0x5422, count: 6))
                #expect(try program.run(call).steps < 200, "\(number)")
            }
        }
    }

    @Test(
        "no base gives a task what attacks on the kernel and on neighbours begin with",
        arguments: [
            "@debug", "@keyring", "@mount", "@module", "@privileged", "@raw-io", "@reboot", "@swap", "@clock",
            "@obsolete", "@io-uring", "@namespace", "@page-migration", "@file-handle", "@fanotify",
        ])
    func dangerousGroups(group: String) throws {
        let calls = try #require(SyscallGroup.calls(of: group))
        for program in [try filter { $0.hasCommandList = false }, try filter { $0.base = "strict" }] {
            for name in calls where name != "clone3" { #expect(try program.action(name) == denied, "\(name)") }
        }
    }

    @Test("strict has none of what only larger programs need")
    func strict() throws {
        let program = try filter { $0.base = "strict" }
        for group in ["@aio", "@inotify", "@ipc", "@numa", "@memfd"] {
            for name in try #require(SyscallGroup.calls(of: group)) {
                #expect(try program.action(name) == denied, "\(name)")
            }
        }
        let others = [
            "socket", "connect", "bind", "seccomp", "sched_setscheduler", "setpriority", "vmsplice", "personality",
        ]
        for name in others { #expect(try program.action(name, 1) == denied, "\(name)") }
        #expect(try program.action("socketpair", 1) == BPFProgram.allow)
    }

    // MARK: allow and deny

    @Test("allow adds names and groups to a base")
    func allow() throws {
        let program = try filter { $0.allow = ["@debug", "syslog"] }
        for name in ["ptrace", "process_vm_readv", "syslog"] { #expect(try program.action(name) == BPFProgram.allow) }
        #expect(try program.action("keyctl") == denied)
    }

    @Test("deny wins over the base and over allow")
    func deny() throws {
        let program = try filter {
            $0.allow = ["ptrace"]
            $0.deny = ["@debug", "personality", "@network-io"]
        }
        for name in ["ptrace", "personality", "socket", "socketpair", "sendmsg"] {
            #expect(try program.action(name, 0) == denied, "\(name)")
        }
    }

    @Test("allow does not lift the rules for arguments")
    func allowKeepsRules() throws {
        let program = try filter { $0.allow = ["chmod", "ioctl", "@file-system", "@process", "@network-io"] }
        #expect(try program.action("ioctl", 0, 0x5412) == denied)
        #expect(try program.action("fchmod", 0, 0o4755) == denied)
        #expect(try program.action("clone", 0x1000_0000) == denied)
        #expect(try program.action("clone3") == missing)
        #expect(try program.action("socket", 2) == BPFProgram.errno(EAFNOSUPPORT))
    }

    @Test("an absent call can be allowed by name, if it can be checked")
    func absent() throws {
        let program = try filter { $0.allow = ["statmount", "@mount"] }
        #expect(try program.action("statmount") == BPFProgram.allow)
        #expect(try program.action("open_tree_attr") == BPFProgram.allow)
    }

    @Test(
        "what can't be checked can't be allowed",
        arguments: ["clone3", "openat2", "io_uring_setup", "io_uring_enter", "@io-uring"])
    func uncheckable(name: String) {
        #expect(throws: FilterError.uncheckable(name)) { try FilterCompiler.task(FilterRequest(allow: [name])) }
    }

    @Test("anonymous files are refused under a list of commands, also where a policy allows them by name")
    func anonymousFiles() throws {
        for name in ["memfd_create", "memfd_secret"] {
            #expect(try filter { _ in }.action(name) == denied)
            #expect(try filter { $0.hasCommandList = false }.action(name) == BPFProgram.allow)
        }
        for name in ["memfd_create", "@memfd"] {
            #expect(throws: FilterError.evadesCommandList(name)) {
                try FilterCompiler.task(FilterRequest(allow: [name]))
            }
        }
    }

    // MARK: errors

    @Test(
        "a misspelt name is an error that names the nearest one",
        arguments: [
            ("prace", "ptrace"), ("@debgu", "@debug"), ("memfd_craete", "memfd_create"), ("@mounts", "@mount"),
            ("xyzzyplugh", nil), ("@", nil), ("", nil),
        ] as [(String, String?)])
    func misspelt(name: String, nearest: String?) {
        let error = FilterError.unknownName(name, line: nil, nearest: nearest)
        #expect(throws: error) { try FilterCompiler.task(FilterRequest(allow: [name])) }
        #expect(throws: error) { try FilterCompiler.task(FilterRequest(deny: [name])) }
    }

    @Test("a base that is no name and no file is an error that names the nearest one")
    func unknownBase() {
        #expect(throws: FilterError.unknownBase("defualt", nearest: "default")) {
            try FilterCompiler.task(FilterRequest(base: "defualt"))
        }
    }

    @Test(
        "what the airlock needs to start a task can't be denied",
        arguments: ["read", "write", "execveat", "exit_group"])
    func required(name: String) {
        #expect(throws: FilterError.incompleteBase("default", missing: [name])) {
            try FilterCompiler.task(FilterRequest(deny: [name]))
        }
    }

    // MARK: files of bases

    private static let file = """
        # what a checker of spelling needs
        @memory @process   # and nothing of clone's namespaces

        read write\topenat close fstat
        """

    @Test("a base can be a file of names and groups, and argument rules hold in it")
    func fileBase() throws {
        let program = try filter {
            $0.base = "spelling"
            $0.baseText = Self.file
        }
        #expect(try program.action("fstat") == BPFProgram.allow)
        #expect(try program.action("socket", 1) == denied)
        #expect(try program.action("openat", 0, 0, 0o101, 0o4755) == denied)
        #expect(try program.action("clone", 0x2_0000) == denied)
    }

    @Test("a file without what the airlock needs is refused, and says what is missing")
    func incompleteFile() {
        let request = FilterRequest(base: "tiny", baseText: "read write brk mmap")
        #expect(throws: FilterError.incompleteBase("tiny", missing: ["execveat", "exit_group", "munmap"])) {
            try FilterCompiler.task(request)
        }
    }

    @Test("an unknown name in a file is an error with its line")
    func unknownInFile() {
        let request = FilterRequest(base: "odd", baseText: Self.file + "\n\nreadd\n")
        #expect(throws: FilterError.unknownName("readd", line: 6, nearest: "read")) { try FilterCompiler.task(request) }
    }

    @Test("a file can begin with a base")
    func fileOnBase() throws {
        let program = try filter {
            $0.base = "more"
            $0.baseText = "@strict\ninotify_init1"
        }
        #expect(try program.action("inotify_init1") == BPFProgram.allow)
        #expect(try program.action("getpid") == BPFProgram.allow)
        #expect(try program.action("io_setup") == denied)
    }
}
