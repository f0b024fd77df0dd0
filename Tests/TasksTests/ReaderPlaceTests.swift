import Foundation
import Kernel
import Spooling
import TestSupport
import Testing

@testable import Tasks

@Suite("The place of a reader")
struct ReaderPlaceTests {
    @Test("is kept with the task for each reader and each source, and begins at 0")
    func kept() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let place = ReaderPlace("mcp:1000", .both)
        #expect(try place.offset(in: task) == 0)
        try place.move(to: UInt64.max, in: task)
        let again = try TaskDirectory(bench.state, task.id)
        #expect(try ReaderPlace("mcp:1000", .both).offset(in: again) == UInt64.max)
        #expect(try ReaderPlace("mcp:1000", .stream(.stdout)).offset(in: again) == 0)
        #expect(try ReaderPlace("mcp:1001", .both).offset(in: again) == 0)
        try place.move(to: 3, in: task)
        #expect(try place.offset(in: again) == 3)
    }

    @Test(
        "of a reader with any name stays in the task's directory",
        arguments: ["", "../../x", "a/b", "\0", "é".repeated(500)])
    func names(reader: String) throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        try ReaderPlace(reader, .both).move(to: 7, in: task)
        #expect(try ReaderPlace(reader, .both).offset(in: task) == 7)
        #expect(try bench.scratch.names() == ["state"])
        #expect(try bench.scratch.names("state/tasks/\(task.id)").count == 2)
    }

    @Test("that was torn is one that was never written", arguments: ["", "12x", "-1", "99999999999999999999999"])
    func torn(contents: String) throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let place = ReaderPlace("a", .both)
        try place.move(to: 7, in: task)
        let name = try #require(try bench.scratch.names("state/tasks/\(task.id)").first { $0.hasPrefix("place-") })
        try bench.scratch.write("state/tasks/\(task.id)/\(name)", contents)
        #expect(try place.offset(in: task) == 0)
    }

    /// Offsets of one and of many digits: two writers in one file would leave the digits of both.
    @Test("is one that somebody wrote, however many front ends move it at once")
    func race() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let offsets: [UInt64] = [5, 1_234_567_890_123]
        DispatchQueue.concurrentPerform(iterations: 400) { round in
            do {
                let place = ReaderPlace("a", .both)
                try place.move(to: offsets[round % 2], in: task)
                let found = try place.offset(in: task)
                #expect(offsets.contains(found))
            } catch {
                Issue.record("\(error)")
            }
        }
        #expect(try bench.scratch.names("state/tasks/\(task.id)").count == 2)
    }
}
