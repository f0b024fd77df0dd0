import Glibc
import Kernel
import Policy
import Records
import Tasks
import TestSupport
import Testing

@testable import Launching

@Suite("A compiled policy")
struct CompiledPolicyTests {
    private func sample() throws -> CompiledPolicy {
        var policy = EffectivePolicy.allowing(["ls -l", "cat"])
        policy.relaxations = [
            Relaxation(key: "a", reason: "b", expires: CalendarDate("2999-01-01"), origin: EffectivePolicy.sampleOrigin)
        ]
        let stamps = [try PathStamp("/usr"), try PathStamp("/nonexistent")]
        var compiled = try CompiledPolicy.sample(policy, stamps: stamps)
        compiled.view += [
            .overlay(layers: ["/mask", "/usr"], target: "/usr", attributes: .readOnly),
            .proc(target: "/proc", minimal: true),
        ]
        compiled.readTrees = [.tree(source: "/srv", target: "/srv", attributes: .noExecute)]
        return compiled
    }

    @Test("is read as it was written")
    func roundTrip() throws {
        let compiled = try sample()
        #expect(!compiled.table.entries.isEmpty)
        #expect(try CompiledPolicy.open(compiled.sealed) == compiled)
    }

    @Test("of which any byte is another one is no policy")
    func flipped() throws {
        let sealed = try sample().sealed
        for place in sealed.indices {
            for bit in [0, 7] as [UInt8] {
                var damaged = sealed
                damaged[place] ^= 1 << bit
                #expect(throws: RecordError.self, "byte \(place)") { try CompiledPolicy.open(damaged) }
            }
        }
    }

    @Test("that was cut off anywhere is no policy")
    func cutOff() throws {
        let sealed = try sample().sealed
        for count in 0..<sealed.count {
            #expect(throws: RecordError.self, "\(count) bytes") { try CompiledPolicy.open(Array(sealed[..<count])) }
        }
    }
}

@Suite("The cache of compiled policies")
struct CompiledPolicyCacheTests {
    private let bench: TaskBench
    private let cache = CompiledPolicyCache("/policies/sample.toml", [:])

    init() throws {
        bench = try TaskBench()
    }

    private func read() throws -> CompiledPolicy? { try cache.read(bench.state, landlockABI: Host.landlockABI) }

    /// Writes a policy that was made from some paths, and expects to get it back.
    private func keep(_ paths: [String] = [], _ change: (inout CompiledPolicy) -> Void = { _ in }) throws {
        var compiled = try CompiledPolicy.sample(
            .allowing(["ls"]), stamps: try paths.map { (path) throws(Errno) in try PathStamp(path) })
        change(&compiled)
        try cache.write(compiled, bench.state)
    }

    @Test("gives back what was put there, for the same path and environment alone")
    func kept() throws {
        #expect(try read() == nil)
        try keep()
        #expect(try read()?.policy.name == "sample")
        let others: [CompiledPolicyCache] = [
            CompiledPolicyCache("/policies/other.toml", [:]),
            CompiledPolicyCache("/policies/sample.toml", ["ALLOWED_COMMANDS": "rm"]),
            CompiledPolicyCache("/policies/sample.toml", ["ALLOW_ALL_COMMANDS": "true"]),
            CompiledPolicyCache("/policies/sample.toml", [:], approving: "/usr/bin/git"),
        ]
        for other in others { #expect(try other.read(bench.state, landlockABI: Host.landlockABI) == nil) }
        let same = CompiledPolicyCache("/policies/sample.toml", ["HOME": "/", "ALLOWED_COMMANDS": ""])
        #expect(try same.read(bench.state, landlockABI: Host.landlockABI) != nil)
    }

    @Test("is confirmed later, once, and what fails under a policy that changed says so")
    func confirmed() throws {
        let file = try bench.scratch.write("policy.toml", "a")
        try keep([file])
        let refusal = LaunchError(.refused, "commands", "no")
        func judged() throws -> LaunchError? {
            let cached = try #require(try cache.find(bench.state, landlockABI: Host.landlockABI))
            return #expect(throws: LaunchError.self) {
                try cached.judge { () throws(LaunchError) in throw refusal }
            }
        }
        #expect(try judged()?.cause == "commands")
        _ = try checked { chmod(file, 0o600) }
        #expect(try judged()?.isStale == true)
        #expect(try read() == nil)
    }

    @Test(
        "does not use what was made from a file that was touched, replaced or removed, or from a missing one that came")
    func stale() throws {
        let scratch = bench.scratch
        let file = try scratch.write("policy.toml", "a")
        let missing = "\(scratch.path)/earlier.toml"
        try keep([file, missing])
        #expect(try read() != nil)
        _ = try checked { chmod(file, 0o600) }
        #expect(try read() == nil)

        try keep([file, missing])
        try scratch.write("new", "b")
        try Files.rename("\(scratch.path)/new", to: file)
        #expect(try read() == nil)

        try keep([file, missing])
        try scratch.write("earlier.toml", "c")
        #expect(try read() == nil)

        try keep([file, missing])
        try Files.remove(file)
        #expect(try read() == nil)
    }

    @Test("does not use what was made from a directory in which something came or went")
    func directory() throws {
        let directory = try bench.scratch.makeDirectory("bin")
        try keep([directory])
        #expect(try read() != nil)
        try bench.scratch.write("bin/new")
        #expect(try read() == nil)
    }

    @Test("does not use what was made for another kernel or another ABI")
    func host() throws {
        try keep { $0.kernel = "2.6.32" }
        #expect(try read() == nil)
        try keep { $0.landlockABI += 1 }
        #expect(try read() == nil)
        try keep()
        #expect(try cache.read(bench.state, landlockABI: Host.landlockABI + 1) == nil)
    }

    @Test("does not use a policy with a relaxation whose last day is over")
    func expired() throws {
        func relaxed(_ date: String) throws {
            try keep {
                $0.policy.relaxations = [
                    Relaxation(key: "a", reason: "b", expires: CalendarDate(date), origin: .standard)
                ]
            }
        }
        try relaxed(CalendarDate.today.description)
        #expect(try read() != nil)
        try relaxed("2020-01-01")
        #expect(try read() == nil)
    }

    @Test("makes again what was damaged, emptied or written by another version")
    func damaged() throws {
        try keep()
        let name = try #require(try bench.scratch.names("state/compiled").first)
        let path = "state/compiled/\(name)"
        let sealed = try Files.contents("\(bench.scratch.path)/\(path)")
        for contents in [[], Array(sealed.prefix(100)), sealed + [0], [UInt8](repeating: 0xff, count: 1000)] {
            try bench.scratch.write(path, contents)
            #expect(try read() == nil)
        }
        try bench.scratch.write(path, sealed)
        #expect(try read() != nil)
    }

    @Test("leaves nothing beside what it wrote")
    func tidy() throws {
        for _ in 0..<3 { try keep() }
        #expect(try bench.scratch.names("state/compiled").count == 1)
    }
}

@Suite("The stamp of a path")
struct PathStampTests {
    @Test("is current as long as the path looks the same")
    func current() throws {
        let scratch = try Scratch()
        let path = try scratch.write("a", "1")
        let stamp = try PathStamp(path)
        #expect(try stamp.isCurrent())
        #expect(try stamp == PathStamp(path))
        try scratch.write("a", "22")
        #expect(try !stamp.isCurrent())
    }

    @Test("of a path that is not there holds until something is")
    func missing() throws {
        let scratch = try Scratch()
        let stamp = try PathStamp("\(scratch.path)/a/b")
        #expect(try stamp.isCurrent())
        try scratch.write("a")
        #expect(try stamp.isCurrent())
        try Files.remove("\(scratch.path)/a")
        try scratch.write("a/b")
        #expect(try !stamp.isCurrent())
    }

    @Test("of a link is that of what it leads to")
    func link() throws {
        let scratch = try Scratch()
        try scratch.write("a", "1")
        try scratch.write("b", "1")
        let link = try scratch.link("link", to: "a")
        let stamp = try PathStamp(link)
        try Files.remove(link)
        try scratch.link("link", to: "a")
        #expect(try stamp.isCurrent())
        try Files.remove(link)
        try scratch.link("link", to: "b")
        #expect(try !stamp.isCurrent())
    }

    @Test("is not fooled by a time that was set back")
    func setBack() throws {
        let scratch = try Scratch()
        let path = try scratch.write("a", "1")
        let stamp = try PathStamp(path)
        let status = try FileStatus.of(path)
        try scratch.write("a", "2")
        let time = timespec(tv_sec: Int(status.modified / 1_000_000_000), tv_nsec: Int(status.modified % 1_000_000_000))
        _ = try checked { utimensat(AT_FDCWD, path, [time, time], 0) }
        #expect(try !stamp.isCurrent())
    }
}
