import Records
import Testing

@testable import Policy

@Suite("The encoded form of a policy")
struct PolicyCodingTests {
    /// A policy in which no field has the value that it has in an empty one.
    private static func full() throws -> EffectivePolicy {
        let place = Origin(file: "p.toml", line: 4, column: 2)
        var policy = EffectivePolicy.listing(
            ["ls", "git status"], ask: ["git push"],
            rules: [.on("git", allow: ["a"], deny: ["b"], children: ["c"], sha256: "d")])
        (policy.name, policy.description, policy.sources) = ("n", "d", ["p.toml", "q.toml"])
        policy.commands.path = ["/bin"]
        (policy.commands.allowAll, policy.commands.shell, policy.commands.environment) = (true, .trust, true)
        (policy.files.view, policy.files.rootWorkspace, policy.files.home) = (.empty, true, "{state}/home")
        (policy.files.workspaces, policy.files.read, policy.files.write) = (["/srv/*"], ["/a"], ["/b"])
        (policy.files.execute, policy.files.hide, policy.files.protect) = (["/c"], ["/d"], ["/e"])
        policy.files.tmp = .mebibytes(1)
        (policy.network.mode, policy.network.allow) = (.host, ["x:1"])
        policy.network.ports = [try #require(PortNumber(443))]
        policy.limits.disk = ByteCount(7)
        policy.limits.io = ByteCount(8)
        policy.limits.cpu = CoreCount(thousandths: 250)
        (policy.syscalls.base, policy.syscalls.allow, policy.syscalls.deny) = ("strict", ["@a"], ["b"])
        (policy.privileges.capabilities, policy.privileges.user) = (["CHOWN"], .caller)
        (policy.hardening.writeExecute, policy.hardening.speculation, policy.hardening.proc) = (
            false, .mitigate, .minimal
        )
        (policy.environment.keep, policy.environment.accept) = (["A"], ["B*"])
        policy.environment.set = [EnvironmentVariable(name: "C", value: "d")]
        (policy.cgroupParent, policy.redact, policy.degrade) = ("/sys/fs/cgroup/x", ["*_KEY"], ["cgroup"])
        policy.retention.ended = .minutes(1)
        let day = try #require(CalendarDate("2030-01-31"))
        policy.relaxations = [Relaxation(key: "k", reason: "r", expires: day, origin: place)]
        policy.tests = [PolicyTest(run: ["a"], expect: .exits(3), because: "commands", origin: place)]
        policy.origins["limits.wall"] = place
        return policy
    }

    private static func bytes<Value: ByteCodable>(_ value: Value) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(value)
        return writer.bytes
    }

    @Test("a policy is read as it was written, to the last byte")
    func policyRoundTrip() throws {
        let policy = try Self.full()
        var reader = ByteReader(Self.bytes(policy))
        #expect(try reader.value(EffectivePolicy.self) == policy)
        try reader.finish()
    }

    @Test("a table is read as it was written, and decides the same")
    func tableRoundTrip() throws {
        var policy = try Self.full()
        policy.commands.allowAll = false
        let host = FakeHost(["ls", "git", "sh", "c"])
        let table = host.table(policy)
        var reader = ByteReader(Self.bytes(table))
        let copy = try reader.value(CommandTable.self)
        #expect(copy == table)
        try reader.finish()
        for argv in [["ls"], ["git", "push"], ["git", "b"], ["rm"]] {
            let program = host.resolve(argv[0])
            #expect(copy.decide(argv: argv, program: program) == table.decide(argv: argv, program: program))
        }
    }

    @Test("every shorter form is refused")
    func truncated() throws {
        let bytes = Self.bytes(try Self.full())
        for count in 0..<bytes.count {
            var reader = ByteReader(Array(bytes[..<count]))
            #expect(throws: RecordError.self) { try reader.value(EffectivePolicy.self) }
        }
    }

    @Test("no damage crashes the reader", arguments: 0..<8)
    func damaged(seed: Int) throws {
        let bytes = Self.bytes(try Self.full())
        for place in bytes.indices {
            var copy = bytes
            copy[place] ^= UInt8(1 << seed)
            var reader = ByteReader(copy)
            do throws(RecordError) {
                let other = try reader.value(EffectivePolicy.self)
                #expect(Self.bytes(other).count <= bytes.count + 4096)
            } catch {
                #expect(error != .wrongMagic)
            }
        }
    }

    @Test("the digest follows every change, down to the line of a key")
    func digest() throws {
        let policy = try Self.full()
        var other = policy
        #expect(policy.digest == other.digest)
        #expect(policy.digest.utf8.count == 64)
        other.origins["limits.wall"] = Origin(file: "p.toml", line: 5, column: 2)
        #expect(policy.digest != other.digest)
    }
}
