import Glibc
import Testing

@testable import SyscallFiltering

@Suite("The filters of init and monitor")
struct AirlockFilterTests {
    private static var both: [BPFProgram] {
        get throws { [BPFProgram(try FilterCompiler.reaper()), BPFProgram(try FilterCompiler.monitor())] }
    }

    @Test(
        "neither starts a program, joins a namespace, makes a socket or touches another's memory",
        arguments: [
            "execve", "execveat", "clone", "fork", "vfork", "unshare", "setns", "mount", "umount2", "ptrace", "socket",
            "connect", "bind", "listen", "prctl", "setuid", "setresuid", "chmod", "fchmod",
            "process_vm_writev",
            "bpf", "keyctl", "memfd_create", "io_uring_setup", "symlinkat", "linkat", "mknodat",
        ])
    func nothingElse(name: String) throws {
        for program in try Self.both { #expect(try program.action(name) == BPFProgram.errno(EPERM)) }
    }

    @Test("init changes nothing of itself any more, and the monitor can only give up more")
    func own() throws {
        let (reaper, monitor) = (BPFProgram(try FilterCompiler.reaper()), BPFProgram(try FilterCompiler.monitor()))
        for name in ["capset", "landlock_restrict_self"] {
            #expect(try reaper.action(name) == BPFProgram.errno(EPERM), "\(name)")
            #expect(try monitor.action(name) == BPFProgram.allow, "\(name)")
        }
    }

    @Test("neither makes memory executable")
    func noCode() throws {
        for program in try Self.both {
            for name in ["mmap", "mprotect"] {
                #expect(try program.action(name, 0, 4096, 3) == BPFProgram.allow)
                for protection: UInt64 in [4, 5, 7, 1 << 32 | 5] {
                    #expect(try program.action(name, 0, 4096, protection) == BPFProgram.errno(EPERM))
                }
            }
        }
    }

    @Test("init waits, reaps, kills and tells, and opens nothing")
    func reaper() throws {
        let program = BPFProgram(try FilterCompiler.reaper())
        for name in ["rt_sigtimedwait", "wait4", "write", "exit_group", "brk", "munmap", "close"] {
            #expect(try program.action(name) == BPFProgram.allow, "\(name)")
        }
        #expect(try program.action("kill", 0xffff_ffff, 9) == BPFProgram.allow)
        #expect(try program.action("kill", 0xffff_ffff, 15) == BPFProgram.errno(EPERM))
        for name in ["openat", "read", "recvmsg", "sendmsg", "unlinkat", "ioctl"] {
            #expect(try program.action(name) == BPFProgram.errno(EPERM), "\(name)")
        }
    }

    @Test("the monitor moves output, serves its socket, signals and writes the end")
    func monitor() throws {
        let program = BPFProgram(try FilterCompiler.monitor())
        let calls = [
            "ppoll", "read", "write", "pwrite64", "sendmsg", "recvmsg", "accept4", "openat", "renameat", "fdatasync",
            "close", "fcntl", "getsockopt", "pidfd_send_signal", "kill", "wait4", "getrusage", "clock_gettime",
            "unlinkat", "exit_group",
        ]
        for name in calls { #expect(try program.action(name) == BPFProgram.allow, "\(name)") }
        #expect(try program.action("openat", 0, 0, 0o101, 0o4600) == BPFProgram.errno(EPERM))
        #expect(try program.action("ioctl", 0, 0x5414) == BPFProgram.allow)
        #expect(try program.action("ioctl", 0, 0x5412) == BPFProgram.errno(EPERM))
    }
}
