import Foundation
import Glibc
import Kernel
import Records
import TestSupport
import Testing

@testable import Tasks

@Suite("The state directory")
struct StateDirectoryTests {
    @Test("is made where it is missing, with those above it, for its owner alone")
    func made() throws {
        let scratch = try Scratch()
        let state = try StateDirectory("\(scratch.path)/a/b/state")
        #expect(state.path == "\(scratch.path)/a/b/state")
        for name in ["a", "a/b", "a/b/state", "a/b/state/tasks"] {
            #expect(try FileStatus.of("\(scratch.path)/\(name)").permissions == 0o700, "\(name)")
        }
        #expect(try state.taskIDs().isEmpty)
        _ = try StateDirectory("\(scratch.path)/a/b/state")
    }

    @Test("is known by its real path")
    func real() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("real", mode: 0o700)
        let link = try scratch.link("link", to: "real")
        #expect(try StateDirectory(link).path == "\(scratch.path)/real")
    }

    @Test("that others may enter is refused, with the remedy", arguments: [0o755, 0o750, 0o701, 0o777] as [UInt32])
    func mode(mode: UInt32) throws {
        let scratch = try Scratch()
        let path = try scratch.makeDirectory("state", mode: mode)
        let error = #expect(throws: TaskError.self) { _ = try StateDirectory(path) }
        #expect(error?.message.contains("others may enter it") == true)
        #expect(error?.remedy == "chmod 700 \(path)")
        #expect(try !scratch.exists("state/tasks"))
    }

    @Test("of somebody else is refused, with the remedy")
    func owner() throws {
        let path = Host.user == 0 ? try Self.strangersDirectory() : "/proc/1"
        defer { if Host.user == 0 { rmdir(path) } }
        let error = #expect(throws: TaskError.self) { _ = try StateDirectory(path) }
        #expect(error?.message.contains("it belongs to uid") == true)
        #expect(error?.remedy.contains("--state") == true)
    }

    private static func strangersDirectory() throws -> String {
        let path = "/tmp/caisson-test-stranger-\(getpid())"
        try Files.makeDirectory(path)
        _ = try checked { chown(path, 65534, 65534) }
        return path
    }

    @Test("that can't be one is refused, and says why")
    func impossible() throws {
        let scratch = try Scratch()
        try scratch.write("file")
        for path in ["\(scratch.path)/file", "\(scratch.path)/file/below", "", "/proc/nothing/here"] {
            let error = #expect(throws: TaskError.self) { _ = try StateDirectory(path) }
            #expect(error?.remedy.isEmpty == false, "\(path)")
        }
    }

    @Test("can be made by several front ends at once")
    func race() throws {
        let scratch = try Scratch()
        for round in 0..<20 {
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                do {
                    let state = try StateDirectory("\(scratch.path)/\(round)/state")
                    _ = try state.subdirectory("layers")
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
    }

    @Test("leaves no descriptor open when it is refused")
    func leaks() throws {
        let scratch = try Scratch()
        let path = try scratch.makeDirectory("state", mode: 0o755)
        try scratch.makeDirectory("other", mode: 0o700)
        try scratch.write("other/tasks")
        let before = try openDescriptors()
        for _ in 0..<300 {
            #expect(throws: TaskError.self) { _ = try StateDirectory(path) }
            #expect(throws: TaskError.self) { _ = try StateDirectory("\(scratch.path)/other") }
        }
        #expect(try openDescriptors() < before + 100)
    }

    @Test("has its usual place where nobody names one")
    func standardPath() throws {
        #expect(try StateDirectory.standardPath(["CAISSON_STATE": "/x"]) == "/x")
        if Host.user == 0 {
            #expect(try StateDirectory.standardPath(["CAISSON_STATE": "", "HOME": "/root"]) == "/var/lib/caisson")
        } else {
            #expect(try StateDirectory.standardPath(["XDG_STATE_HOME": "/x", "HOME": "/h"]) == "/x/caisson")
            #expect(
                try StateDirectory.standardPath(["XDG_STATE_HOME": "x", "HOME": "/h"]) == "/h/.local/state/caisson")
            #expect(throws: TaskError.self) { try StateDirectory.standardPath(["HOME": "h"]) }
        }
    }

    // MARK: finding tasks

    @Test("finds a task by its name and by a beginning of four digits or more that is unique")
    func prefix() throws {
        let bench = try TaskBench()
        var first = try TaskBench.record()
        first.id = try #require(TaskID("abcd1" + "0".repeated(27)))
        var second = first
        second.id = try #require(TaskID("abcd2" + "0".repeated(27)))
        try bench.add(first)
        try bench.add(second)
        #expect(try bench.state.task(first.id.text).id == first.id)
        #expect(try bench.state.task("abcd1").id == first.id)
        #expect(throws: TaskError.ambiguous("abcd", 2)) { _ = try bench.state.task("abcd") }
        for name in ["abc", "abcd3", "", "..", "ABCD1", "abcd1/", "f".repeated(32), ".new-abcd"] {
            #expect(throws: TaskError.unknownTask(name)) { _ = try bench.state.task(name) }
        }
    }

    @Test("lists tasks alone, and not what is being made or removed")
    func listed() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record()
        try bench.add(record)
        try bench.scratch.makeDirectory("state/tasks/.new-\("0".repeated(32))")
        try bench.scratch.makeDirectory("state/tasks/stranger")
        #expect(try bench.state.taskIDs() == [record.id])
    }
}
