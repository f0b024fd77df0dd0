import Glibc
import Testing

@testable import Kernel

@Suite("Processes")
struct ProcessesTests {
    /// A shell with a pipe for its output.
    private func shell(_ script: String, newSession: Bool = true) throws -> (pid: Int32, output: Int32) {
        let pipe = numbers(try DescriptorPair.pipe())
        defer { close(pipe.second) }
        let null = try Files.open("/dev/null", O_RDWR)
        let pid = try Spawn.start(
            "/bin/sh", arguments: ["sh", "-c", script], environment: ["A=1"],
            descriptors: [null.number, pipe.second, null.number], newSession: newSession)
        return (pid, pipe.first)
    }

    private func output(_ script: String) throws -> String {
        let (pid, output) = try shell(script)
        defer { close(output) }
        let bytes = try Transfer.readAll(output)
        _ = try Processes.reap(pid)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a started program has the environment and the descriptors that were named, and nothing else")
    func startedClean() throws {
        let stray = open("/dev/null", O_RDONLY)
        defer { close(stray) }
        #expect(try output("echo $A; ls /proc/self/fd | wc -l; env | grep -vE '^(A|PWD|OLDPWD|SHLVL|_)='") == "1\n4\n")
    }

    @Test("a started program leads a session and a group of its own, with no signal blocked or ignored")
    func startedSession() throws {
        Processes.ignore(SIGUSR1)
        let facts = try output("cut -d' ' -f1,5,6 /proc/$$/stat; grep -E '^Sig(Blk|Ign)' /proc/$$/status | cut -f2")
        let lines = facts.split(separator: "\n")
        let ids = Set(lines[0].split(separator: " "))
        #expect(ids.count == 1)
        // The C library leaves signals 32 and 33, which it uses itself, ignored.
        let sets = lines[1...].map { (UInt64($0, radix: 16) ?? UInt64.max) & ~(3 << 31) }
        #expect(sets == [0, 0])
    }

    @Test("how a process ended is its exit code or its signal, never both", arguments: [0, 1, 255])
    func exitCode(code: Int32) throws {
        let (pid, output) = try shell("exit \(code)")
        defer { close(output) }
        let end = try #require(try Processes.reap(pid))
        #expect(end.pid == pid)
        #expect(Processes.exitCode(end.status) == code && Processes.endingSignal(end.status) == nil)
    }

    @Test("a signal through the descriptor of a process reaches it, and ESRCH once it has been reaped")
    func pidfd() throws {
        let (pid, output) = try shell("sleep 60")
        defer { close(output) }
        let process = try Processes.open(pid)
        #expect(try Processes.reap(pid, blocking: false) == nil)
        try Processes.signal(process.number, 0)
        try Processes.signalGroup(pid, SIGKILL)
        let end = try #require(try Processes.reap(pid))
        #expect(Processes.endingSignal(end.status) == SIGKILL && Processes.exitCode(end.status) == nil)
        #expect(throws: Errno(rawValue: ESRCH)) { try Processes.signal(process.number, 0) }
        #expect(throws: Errno(rawValue: ECHILD)) { try Processes.reap(pid) }
    }

    @Test("a group of 1, 0 or less is refused: to kill(2) it would mean everybody", arguments: [1, 0, -1, Int32.min])
    func everybody(group: Int32) {
        // Signal 0 is sent to nobody, whatever the group means.
        #expect(throws: Errno(rawValue: EINVAL)) { try Processes.signalGroup(group, 0) }
    }

    @Test("a program that does not exist is an error at the start")
    func missingProgram() {
        #expect(throws: Errno(rawValue: ENOENT)) {
            try Spawn.start("/no/such/program", arguments: ["x"], descriptors: [0], newSession: true)
        }
    }

    @Test("blocked signals wait, on a descriptor or to be taken")
    func blockedSignals() async {
        await #expect(processExitsWith: .success) {
            let descriptor = try Signals.descriptor([SIGUSR1, SIGUSR2])
            // To this thread, which blocks them; a process has others here.
            pthread_kill(pthread_self(), SIGUSR2)
            #expect(try Signals.next(descriptor.number) == SIGUSR2)
            pthread_kill(pthread_self(), SIGUSR1)
            #expect(try Processes.await([SIGUSR1]) == SIGUSR1)
        }
    }

    @Test(
        "signals are known by name, with and without SIG, and by number",
        arguments: [
            ("TERM", 15), ("SIGKILL", 9), ("int", 2), ("64", 64), ("1", 1),
        ])
    func signalNames(name: String, number: Int32) {
        #expect(Signals.number(name) == number)
    }

    @Test("what is no signal has no number", arguments: ["", "SIG", "0", "65", "-9", "TERMINATE", "SIGSIGTERM", " 9"])
    func noSignals(name: String) {
        #expect(Signals.number(name) == nil)
    }
}
