internal import CKernel
internal import Glibc

/// What this process is and where it runs.
public enum Host {
    /// The effective uid. Source: geteuid(2).
    public static var user: UInt32 { geteuid() }
    /// Bytes of a page of memory. Source: sysconf(3).
    public static var pageSize: UInt64 { UInt64(sysconf(Int32(_SC_PAGESIZE))) }
    /// The effective gid. Source: getegid(2).
    public static var group: UInt32 { getegid() }

    /// The environment of this process; of a name that is there twice, the last value.
    public static func environment() -> [String: String] {
        var found: [String: String] = [:]
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                found[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            place += 1
        }
        return found
    }

    /// One variable of the environment of this process.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The path of the running program. Source: proc(5), /proc/self/exe.
    public static func program() throws(Errno) -> String { try Files.target("/proc/self/exe") }

    /// An absolute path of the current directory.
    public static func currentDirectory() throws(Errno) -> String { try Files.target("/proc/self/cwd") }

    /// Random bytes that can't be guessed. Source: getrandom(2).
    public static func random(_ count: Int) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        _ = try checked { csn_random(&bytes, count) }
        return bytes
    }

    /// The kernel's boot id: with another one, no pid of before means anything.
    public static func bootID() throws(Errno) -> String {
        String(decoding: try Files.contents("/proc/sys/kernel/random/boot_id", limit: 64).prefix(36), as: UTF8.self)
    }

    /// Release of the kernel, such as `6.12.1`. Source: uname(2).
    public static func kernelRelease() -> String {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Lets this process and what it starts have as many open files as it may, and at most 65,536. Source: getrlimit(2).
    public static func raiseOpenFiles() throws(Errno) {
        var limit = rlimit()
        _ = try checked { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        let wanted = min(limit.rlim_max, 65_536)
        guard limit.rlim_cur < wanted else { return }
        _ = try checked { csn_setrlimit(Int32(RLIMIT_NOFILE.rawValue), UInt64(wanted), UInt64(limit.rlim_max)) }
    }

    /// The hard limit of a resource for this process. Source: getrlimit(2); `UInt64.max` is RLIM_INFINITY.
    public static func hardLimit(_ resource: Int32) throws(Errno) -> UInt64 {
        var limit = rlimit()
        _ = try checked { getrlimit(resource, &limit) }
        return UInt64(limit.rlim_max)
    }

    /// Whether this process has groups besides its own one. Source: getgroups(2).
    public static func hasSupplementaryGroups() throws(Errno) -> Bool {
        // As many as there are: memory for the most that there may be would cost more than the rest of a launch.
        var groups = [gid_t](repeating: 0, count: Int(try checked { getgroups(0, nil) }))
        let count = try checked { getgroups(Int32(groups.count), &groups) }
        return groups.prefix(Int(count)).contains { $0 != group }
    }

    /// The Landlock ABI of the running kernel; 0 where Landlock is missing or switched off. Source: landlock(7).
    public static var landlockABI: Int32 { max(0, csn_landlock_abi()) }

    /// Whether the kernel can end a process for a system call (seccomp(2), SECCOMP_RET_KILL_PROCESS).
    public static var hasSeccompKill: Bool { csn_seccomp_action_available(0x8000_0000) == 0 }

    /// Why this user can't make a user namespace, or nil: a child is made in one and ends at once.
    public static func userNamespaceFailure() -> Errno? {
        var pidfd: Int32 = -1
        do {
            let pid = try checkedOnce { csn_clone3(CSN_CLONE_NEWUSER, -1, &pidfd) }
            if pid == 0 { _exit(0) }
            close(pidfd)
            _ = try Processes.reap(pid)
            return nil
        } catch {
            return error
        }
    }

    /// Why a sandbox can't have a /proc of its own, or nil: where parts of this process's /proc are covered, as in containers,
    /// the kernel lets nobody mount one that shows them. Source: mount_namespaces(7), fs/namespace.c (mount_too_revealing).
    public static func ownProcFailure() throws(Errno) -> Errno? {
        var pidfd: Int32 = -1
        let flags = CSN_CLONE_NEWUSER | CSN_CLONE_NEWNS | CSN_CLONE_NEWPID
        let pid = try checkedOnce { csn_clone3(flags, -1, &pidfd) }
        if pid == 0 { _exit(csn_try_proc()) }
        close(pidfd)
        let code = try Processes.reap(pid).flatMap { Processes.exitCode($0.status) } ?? EIO
        return code == 0 ? nil : Errno(rawValue: code)
    }

    /// Which of the newer system calls this kernel, or a filter under which this process runs, answers with ENOSYS.
    public static func missingCalls() -> [String] {
        // The same on every architecture since 424 (asm-generic).
        let calls: [(name: String, number: Int)] = [
            ("pidfd_send_signal", 424), ("open_tree", 428), ("move_mount", 429), ("fsopen", 430), ("fsconfig", 431),
            ("fsmount", 432), ("pidfd_open", 434), ("close_range", 436), ("openat2", 437), ("mount_setattr", 442),
        ]
        return calls.filter { csn_has_call($0.number) == 0 }.map(\.name)
    }

    /// Whether a descriptor is a terminal.
    public static func isTerminal(_ fd: Int32) -> Bool { isatty(fd) == 1 }

    /// The type of the file system that holds an open file, as statfs(2) numbers it.
    public static func fileSystemType(_ fd: Int32) throws(Errno) -> UInt32 {
        UInt32(truncatingIfNeeded: try checked { csn_file_system_type(fd) })
    }

    /// Ends this process.
    public static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
