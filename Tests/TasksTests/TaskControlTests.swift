import Foundation
import Kernel
import Records
import TestSupport
import Testing

@testable import Tasks

@Suite("The control socket of a task", .timeLimit(.minutes(1)))
struct TaskControlTests {
    private func connection(_ task: TaskDirectory) throws -> TaskControl {
        guard let control = try TaskControl(task) else { throw TaskError.notRunning }
        return control
    }

    private func isListening(_ task: TaskDirectory) throws -> Bool {
        if let control = try TaskControl(task) { return control.descriptor >= 0 }
        return false
    }

    @Test("answers what it is asked")
    func asks() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let monitor = try FakeMonitor(bench, task) { _ in [.done] }
        let control = try connection(task)
        let answer = try control.ask(.signal(15))
        #expect(answer == .done)
        #expect(monitor.requests == [.signal(15)])
        try monitor.end()
        let none = try control.ask(.state)
        #expect(none == nil)
    }

    @Test("of a task that nobody minds any more is none")
    func nobody() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        #expect(try !isListening(task))
        let monitor = try FakeMonitor(bench, task) { _ in [] }
        #expect(try isListening(task))
        try monitor.end()
        #expect(try !isListening(task))
    }

    @Test("is waited for no longer than the caller wants")
    func timeout() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let monitor = try FakeMonitor(bench, task) { _ in [] }
        let control = try connection(task)
        let start = Clock.monotonic()
        let answer = try control.ask(.state, timeout: 50_000_000)
        #expect(answer == nil)
        #expect(Clock.monotonic() - start >= 50_000_000)
        try monitor.end()
    }

    @Test("tells the end to whoever waits for it")
    func end() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let end = EndRecord.exited(7)
        let monitor = try FakeMonitor(bench, task) { _ in [.ended(end)] }
        #expect(try TaskWait.end(of: task) == end)
        #expect(monitor.requests == [.follow(bytes: .max)])
        try monitor.end()
    }

    @Test("tells of more output to whoever waits for it")
    func progress() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let monitor = try FakeMonitor(bench, task) { _ in [.progress(bytes: 12)] }
        #expect(try TaskWait.wait(for: task, beyond: 11, deadline: nil) == nil)
        #expect(monitor.requests == [.follow(bytes: 11)])
        try monitor.end()
    }

    @Test("that refuses to tell is not asked again and again")
    func refuses() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let monitor = try FakeMonitor(bench, task) { _ in [.refused("too many")] }
        #expect(throws: TaskError.refused("too many")) { try TaskWait.end(of: task) }
        try monitor.end()
    }

    @Test("that does not answer is waited for until the deadline, whether it listens or not")
    func deadline() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let monitor = try FakeMonitor(bench, task) { _ in [] }
        #expect(try TaskWait.end(of: task, deadline: Clock.monotonic() + 40_000_000) == nil)
        #expect(try TaskWait.end(of: task, deadline: 0) == nil)
        try monitor.end()
        // Now its lock is held, and nobody listens: a monitor that is about to end.
        let lock = try bench.lock(task)
        let start = Clock.monotonic()
        #expect(try TaskWait.end(of: task, deadline: start + 40_000_000) == nil)
        #expect(Clock.monotonic() - start >= 40_000_000)
        withExtendedLifetime(lock) {}
    }

    @Test("that is closed while somebody waits leaves the end, or the loss")
    func dies() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let monitor = try FakeMonitor(bench, task) { _ in [] }
        Thread.detachNewThread {
            usleep(50_000)
            do { try monitor.end() } catch { Issue.record("\(error)") }
        }
        #expect(try TaskWait.end(of: task)?.status == .lost)
        let other = try bench.add(try TaskBench.record(2))
        let lock = try bench.lock(other)
        Thread.detachNewThread {
            usleep(50_000)
            do { try bench.end(other, .exited(4)) } catch { Issue.record("\(error)") }
        }
        #expect(try TaskWait.end(of: other)?.exitCode == 4)
        withExtendedLifetime(lock) {}
    }

    @Test("of a monitor of another version says so")
    func version() throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let listener = try LocalSocket.listen(at: task.directory.number, "control")
        let control = try connection(task)
        let accepted = try LocalSocket.accept(listener.number)
        try Transfer.send(accepted.number, [9, 9, 9])
        var message = ""
        do { _ = try control.reply() } catch { message = error.message }
        #expect(message.contains("another version"))
    }
}
