import Foundation
import Glibc
import Kernel
import Launching
import Policy
import Records
import Synchronization
import TestSupport
import Testing

@testable import PolicyCompiling

@Suite("Reading policies from files")
struct PolicyReadingTests {
    private let scratch: Scratch
    private let location: PolicyLocation

    init() throws {
        scratch = try Scratch()
        try scratch.makeDirectory("policies")
        location = try PolicyLocation(["CAISSON_POLICIES": "\(scratch.path)/policies"])
    }

    private static func text(_ name: String, extends: [String] = [], description: String = "d", more: String = "")
        -> String
    {
        """
        schema = 1
        name = "\(name)"
        description = "\(description)"
        extends = [\(extends.map { "\"\($0)\"" }.joined(separator: ", "))]
        \(more)
        """
    }

    @discardableResult
    private func write(_ name: String, extends: [String] = [], more: String = "") throws -> String {
        try scratch.write("policies/\(name).toml", Self.text(name, extends: extends, more: more))
    }

    private func read(_ name: String) throws -> PolicyReading {
        try PolicyReading(try location.find(name, allowsPath: false), location)
    }

    private func message(_ name: String) -> String {
        #expect(throws: PolicyProblem.self) { try read(name) }.map { "\($0)" } ?? ""
    }

    @Test("merges what a policy extends, and stamps every file that was read")
    func stamps() throws {
        try write("base")
        try write("middle", extends: ["base"])
        try write("top", extends: ["middle"])
        let reading = try read("top")
        #expect(reading.policy.name == "top")
        let paths = Set(reading.stamps.map(\.path))
        for name in ["base", "middle", "top"] {
            #expect(paths.contains("\(scratch.path)/policies/\(name).toml"), "\(name)")
        }
        #expect(try reading.stamps.allSatisfy { try $0.isCurrent() })
        try write("base", more: "# changed")
        #expect(try !reading.stamps.allSatisfy { try $0.isCurrent() })
    }

    @Test("stamps the paths at which another file would be found first")
    func earlier() throws {
        try write("base")
        try write("top", extends: ["base"])
        let paths = try read("top").stamps.map(\.path)
        #expect(paths.contains("/etc/caisson/policies/base.toml"))
    }

    @Test("refuses what is extended if others can write it, and says which file that is")
    func untrusted() throws {
        let path = try write("base")
        try write("top", extends: ["base"])
        _ = try checked { chmod(path, 0o666) }
        let message = message("top")
        #expect(message.contains("extends"))
        #expect(message.contains("others may write \(path)"))
    }

    @Test("names a policy that is not there, and a circle")
    func missing() throws {
        try write("top", extends: ["nothing-like-it"])
        #expect(message("top").contains("nothing-like-it"))
        try write("a", extends: ["b"])
        try write("b", extends: ["a"])
        #expect(!message("a").isEmpty)
        #expect(throws: PolicyProblem.self) { try PolicyReading("\(scratch.path)/missing.toml", location) }
    }

    @Test("of a file that changes at that moment is one of before or of after, and its stamp says which")
    func race() throws {
        let path = try write("racing")
        let stop = Atomic<Bool>(false)
        let written = Atomic<Int>(0)
        let readings = Mutex<[PolicyReading]>([])
        DispatchQueue.concurrentPerform(iterations: 2) { side in
            do {
                if side == 0 {
                    for number in 0..<12 {
                        let text = Self.text("racing", description: "number \(number)")
                        try Files.replace(path, with: Array(text.utf8), mode: 0o644, durable: false)
                        written.store(number, ordering: .sequentiallyConsistent)
                        usleep(7000)
                    }
                    stop.store(true, ordering: .sequentiallyConsistent)
                } else {
                    while !stop.load(ordering: .sequentiallyConsistent) {
                        let reading = try PolicyReading(path, location)
                        readings.withLock { $0.append(reading) }
                    }
                }
            } catch {
                Issue.record("\(error)")
            }
        }
        let last = "number \(written.load(ordering: .sequentiallyConsistent))"
        for reading in readings.withLock({ $0 }) where try reading.stamps.allSatisfy({ try $0.isCurrent() }) {
            #expect(reading.policy.description == last)
        }
    }
}

@Suite("The filters of a policy")
struct PolicyFiltersTests {
    private let scratch: Scratch
    private let location: PolicyLocation
    private var policy = EffectivePolicy.allowing(["ls"])

    init() throws {
        scratch = try Scratch()
        try scratch.makeDirectory("policies/syscalls")
        location = try PolicyLocation(["CAISSON_POLICIES": "\(scratch.path)/policies"])
    }

    private func filters(_ change: (inout EffectivePolicy) -> Void = { _ in }) throws -> PolicyFilters {
        var policy = policy
        change(&policy)
        return try PolicyFilters(policy, location, hasCommandList: true)
    }

    @Test("are three programs of whole instructions")
    func programs() throws {
        let planned = try filters().compile()
        for program in [planned.task, planned.reaper, planned.monitor] {
            #expect(!program.isEmpty)
            #expect(program.count % 8 == 0)
        }
        #expect(try filters().stamps.isEmpty)
    }

    @Test("take their base from a file beside the policies, and stamp every place where it would be found")
    func file() throws {
        try scratch.write("policies/syscalls/mine", "@default\n")
        let filters = try filters { $0.syscalls.base = "mine" }
        #expect(try filters.compile().task == self.filters().compile().task)
        let paths = filters.stamps.map(\.path)
        #expect(paths.first == "\(scratch.path)/policies/syscalls/mine")
        #expect(paths.contains("/etc/caisson/policies/syscalls/mine"))
    }

    @Test("name the key that is wrong and what would be right", arguments: ["mine", "../mine", "/etc/passwd", ""])
    func wrongBase(base: String) {
        let error = #expect(throws: LaunchError.self) { try filters { $0.syscalls.base = base }.compile() }
        #expect(error?.message.contains("syscalls.base") == true)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("name a call that nobody knows, where it was allowed or denied")
    func wrongCall() {
        let allowed = #expect(throws: LaunchError.self) { try filters { $0.syscalls.allow = ["opne"] }.compile() }
        #expect(allowed?.message.contains("syscalls.allow") == true)
        let denied = #expect(throws: LaunchError.self) { try filters { $0.syscalls.deny = ["opne"] }.compile() }
        #expect(denied?.message.contains("syscalls.deny") == true)
    }

    @Test("are never taken from a file that others can write")
    func untrusted() throws {
        try scratch.write("policies/syscalls/mine", "@default\n", mode: 0o666)
        #expect(throws: LaunchError.self) { try filters { $0.syscalls.base = "mine" } }
    }
}
