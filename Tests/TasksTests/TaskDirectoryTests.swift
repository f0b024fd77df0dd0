import Glibc
import Kernel
import Records
import TestSupport
import Testing

@testable import Tasks

@Suite("A task's directory")
struct TaskDirectoryTests {
    @Test("has what was known before the start, and nothing of what comes later")
    func fresh() throws {
        let bench = try TaskBench()
        let record = try TaskBench.record()
        let task = try bench.add(record)
        let lock = try bench.lock(task)
        #expect(try task.record() == record)
        #expect(try task.receipt() == nil)
        #expect(try task.end() == nil)
        #expect(try task.isHeld())
        withExtendedLifetime(lock) {}
    }

    @Test("tells how the task ended, whether its monitor has let go or not")
    func ended() throws {
        let bench = try TaskBench()
        let end = EndRecord.exited(3)
        let task = try bench.add(try TaskBench.record(), end)
        #expect(try task.end() == end)
        let lock = try bench.lock(task)
        #expect(try task.end() == end)
        withExtendedLifetime(lock) {}
    }

    @Test("of a task whose monitor died without a word says that it is lost, once")
    func lost() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record(startedAt: Clock.now() - 5_000_000_000))
        let end = try #require(try task.end())
        #expect(end.status == .lost)
        #expect(end.cause == "monitor_died")
        #expect(end.runtime >= 5_000_000_000)
        #expect(try TaskDirectory(bench.state, task.id).end() == end)
        #expect(try !task.isHeld())
    }

    @Test("of a task that ran before the host was restarted says so")
    func restarted() throws {
        let bench = try TaskBench()
        var record = try TaskBench.record()
        record.bootID = "00000000-0000-0000-0000-000000000000"
        #expect(try bench.add(record).end()?.cause == "host_restarted")
    }

    @Test("of a task from the future, when the clock was set back, has no negative time")
    func clock() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record(startedAt: Clock.now() + 1_000_000_000_000))
        #expect(try TaskView(task).runtime == 0)
        #expect(try task.end()?.runtime == 0)
    }

    @Test("with a torn end says that it can't be read, and does not invent one", arguments: [1, 17, 40])
    func torn(length: Int) throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let sealed = EndRecord.exited(0).sealed
        try bench.scratch.write("state/tasks/\(task.id)/end", Array(sealed.prefix(length)))
        let error = #expect(throws: TaskError.self) { try task.end() }
        guard case .unreadable(.end, _) = error else { return #expect(error == nil) }
        #expect(error?.remedy.contains("prune") == true)
    }

    @Test("whose end had its name and was not on disk when the host went down is lost", arguments: [0, 512])
    func notOnDisk(length: Int) throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        try bench.scratch.write("state/tasks/\(task.id)/end", [UInt8](repeating: 0, count: length))
        #expect(try task.end()?.status == .lost)
        #expect(try TaskDirectory(bench.state, task.id).end()?.status == .lost)
    }

    @Test("that was removed in the meantime is one of no task")
    func removed() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        try Files.removeTree(task.id.text, at: bench.state.tasks.number)
        #expect(throws: TaskError.unknownTask(task.id.text)) { try task.record() }
        #expect(throws: TaskError.unknownTask(task.id.text)) { try task.end() }
        #expect(throws: TaskError.unknownTask(task.id.text)) { try TaskView(task) }
        #expect(throws: TaskError.unknownTask(task.id.text)) { _ = try TaskDirectory(bench.state, task.id) }
    }

    @Test("is never reached through a link")
    func link() throws {
        let bench = try TaskBench()
        let id = try TaskBench.record().id
        try bench.scratch.makeDirectory("elsewhere")
        try bench.scratch.link("state/tasks/\(id)", to: "\(bench.scratch.path)/elsewhere")
        #expect(throws: TaskError.self) { _ = try TaskDirectory(bench.state, id) }
    }

    @Test("can be looked at by many at once while its task is found to be lost")
    func race() async throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let ends = try await withThrowingTaskGroup(of: EndRecord.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    while true { if let end = try task.end() { return end } }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends.allSatisfy { $0 == ends[0] })
    }
}
