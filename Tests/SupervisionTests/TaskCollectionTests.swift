import GRDB
import Glibc
import Kernel
import Records
import Tasks
import TestSupport
import Testing

@testable import Ledger
@testable import Supervision

@Suite("All tasks of a state directory", .timeLimit(.minutes(1)))
struct TaskCollectionTests {
    private let bench: TaskBench

    init() throws {
        bench = try TaskBench()
    }

    private static let hour: Int64 = 3_600_000_000_000

    private func record(_ number: UInt8, hoursAgo: Int64 = 0) throws -> TaskRecord {
        // One nanosecond apart: an order.
        try TaskBench.record(number, startedAt: Clock.now() - hoursAgo * Self.hour + Int64(number))
    }

    /// A task that has ended, long ago or now.
    @discardableResult
    private func ended(_ number: UInt8, hoursAgo: Int64 = 0) throws -> TaskDirectory {
        try bench.add(try record(number, hoursAgo: hoursAgo), .exited(0, at: Clock.now() - hoursAgo * Self.hour))
    }

    private func listed(_ tasks: TaskCollection, _ status: TaskStatus? = nil) throws -> [UInt8] {
        try tasks.page(status: status, limit: 100).views.map { view in numbered(view.record.id) }
    }

    private func numbered(_ id: TaskID) -> UInt8 { UInt8(id.text.prefix(2), radix: 16) ?? 0 }

    private func opened() throws -> Ledger { try Ledger("\(bench.state.path)/ledger.sqlite") }

    // MARK: listing

    @Test("are listed, the newest first, whoever started them, and when they came")
    func adopted() throws {
        try ended(1)
        let tasks = try TaskCollection(bench.state)
        #expect(try listed(tasks) == [1])
        let task = try bench.add(try record(2))
        let lock = try bench.lock(task)
        #expect(try listed(tasks) == [2, 1])
        #expect(try listed(tasks, .running) == [2])
        try bench.end(task, .exited(7))
        #expect(try listed(tasks, .running).isEmpty)
        #expect(try listed(tasks, .exited) == [2, 1])
        #expect(try listed(TaskCollection(bench.state)) == [2, 1], "the ledger says the same to the next one")
        withExtendedLifetime(lock) {}
    }

    @Test("that came and went are noticed by one who relies on what another has read")
    func cameAndWent() throws {
        func settle() { usleep(40_000) }
        try ended(1)
        settle()
        let first = try TaskCollection(bench.state)
        #expect(try listed(first) == [1])
        #expect(try opened().listing() != nil)
        let second = try TaskCollection(bench.state)
        #expect(try listed(second) == [1])
        try ended(2)
        for tasks in [second, first] { #expect(try listed(tasks) == [2, 1]) }
        settle()
        #expect(try listed(second) == [2, 1])
        try Files.removeTree(try record(1).id.text, at: bench.state.tasks.number)
        for tasks in [first, second, try TaskCollection(bench.state)] { #expect(try listed(tasks) == [2]) }
        #expect(try opened().ids() == [try record(2).id])
    }

    @Test("of which one can't be read are not taken for all by the next one")
    func untidy() throws {
        try bench.write("damaged", .record, try ended(1))
        usleep(40_000)
        for _ in 1...2 {
            let tasks = try TaskCollection(bench.state)
            #expect(try listed(tasks).isEmpty)
            #expect(tasks.damaged.map(\.id) == [try record(1).id])
            #expect(try opened().listing() == nil)
        }
    }

    @Test("are found by the pid of their main process")
    func pid() throws {
        let task = try bench.add(try record(1))
        let lock = try bench.lock(task)
        let receipt = Receipt(takenAt: 1, pid: 4711, lines: [])
        try Files.replace("receipt", with: receipt.sealed, at: task.directory.number)
        let tasks = try TaskCollection(bench.state)
        #expect(try tasks.task(pid: 4711).id == task.id)
        #expect(throws: TaskError.unknownTask("with pid 1")) { _ = try tasks.task(pid: 1) }
        withExtendedLifetime(lock) {}
    }

    @Test("whose monitor is gone without a word are listed as lost")
    func lost() throws {
        try bench.add(try record(1))
        #expect(try listed(TaskCollection(bench.state), .lost) == [1])
    }

    // MARK: damage

    @Test(
        "that can't be read are set apart with the reason, and the others go on",
        arguments: ["record", "no record", "end", "record is a directory", "file", "receipt"])
    func damaged(what: String) throws {
        try ended(1)
        let known = try TaskCollection(bench.state)
        let task = try ended(2)
        switch what {
        case "record": try bench.write("damaged", .record, task)
        case "no record": try Files.remove("record", at: task.directory.number)
        case "end": try bench.write("damaged", .end, task)
        case "receipt": try bench.write("damaged", .receipt, task)
        case "record is a directory":
            try Files.remove("record", at: task.directory.number)
            try Files.makeDirectory("record", at: task.directory.number)
        default:
            try Files.removeTree(task.id.text, at: bench.state.tasks.number)
            try bench.scratch.write("state/tasks/\(task.id)")
        }
        for tasks in [known, try TaskCollection(bench.state)] {
            #expect(try listed(tasks).last == 1)
            #expect(tasks.damaged.map(\.id) == [task.id])
            #expect(tasks.damaged.first.map { !$0.error.message.isEmpty } == true)
            let next = UInt8(3 + (try bench.state.taskIDs().count))
            try ended(next)
            #expect(try listed(tasks).first == next)
            #expect(try tasks.prune(olderThan: .max) == 0)
            #expect(throws: TaskError.self) { _ = try tasks.task(pid: 1) }
        }
    }

    @Test("that were damaged after they were listed are set apart, and come back with their records")
    func damagedLater() throws {
        let task = try bench.add(try record(1))
        let lock = try bench.lock(task)
        let tasks = try TaskCollection(bench.state)
        #expect(try listed(tasks) == [1])
        let record = try Files.contents("record", at: task.directory.number)
        try bench.write("damaged", .record, task)
        #expect(try listed(tasks).isEmpty)
        #expect(tasks.damaged.map(\.id) == [task.id])
        try Files.replace("record", with: record, at: task.directory.number)
        try bench.end(task, .exited(0))
        #expect(try listed(tasks) == [1])
        #expect(tasks.damaged.isEmpty)
        withExtendedLifetime(lock) {}
    }

    // MARK: retention

    @Test("are pruned when they have been kept long enough, and their directories with them")
    func pruned() throws {
        try ended(1, hoursAgo: 2)
        try ended(2)
        let tasks = try TaskCollection(bench.state)
        #expect(try listed(tasks) == [2], "every front end does it when it starts")
        #expect(try tasks.prune() == 0)
        #expect(try tasks.prune(olderThan: 0) == 1)
        #expect(try bench.scratch.names("state/tasks").isEmpty)
        #expect(try opened().ids().isEmpty)
    }

    @Test("take up no more than the policy of each says: the oldest go first, and none that runs")
    func overfull() throws {
        for number in UInt8(1)...4 {
            try large(number, secondsAgo: 10 - Int64(number), cap: number == 2 ? .max : 40_000)
        }
        let running = try bench.add(try record(5))
        let lock = try bench.lock(running)
        let tasks = try TaskCollection(bench.state, prunes: false)
        // 20 KB each, and what is beside that: of 1, 2, 3 and 4 together, those go of which the policy says 40 KB.
        let due = try tasks.prunable()
        #expect(due.map(\.cause) == [.disk, .disk, .disk] && due.map(\.id) == [1, 3, 4].map { Self.id($0) })
        #expect(try listed(tasks).count == 5, "nothing was removed yet")
        #expect(try tasks.prune() == 3)
        #expect(try Set(listed(tasks)) == [2, 5])
        withExtendedLifetime(lock) {}
    }

    @Test("are measured once more where the version before has not, and stay while all together take no more")
    func unmeasured() throws {
        for number in UInt8(1)...3 { try large(number, secondsAgo: 10 - Int64(number), cap: 110_000) }
        let tasks = try TaskCollection(bench.state)
        #expect(try listed(tasks).count == 3)
        try large(4, secondsAgo: 1, cap: 110_000)
        let entries = try opened().ended().map { entry in
            var entry = entry
            entry.bytes = nil
            return entry
        }
        try opened().record(entries)
        #expect(try tasks.prunable().map(\.id) == [Self.id(1)])
    }

    @Test("go while a server runs, but it does not look at every call")
    func due() throws {
        let tasks = try TaskCollection(bench.state)
        try ended(1, hoursAgo: 2)
        try tasks.pruneIfDue()
        #expect(try listed(tasks) == [1])
        tasks.pruneInterval = 0
        try tasks.pruneIfDue()
        #expect(try listed(tasks).isEmpty)
    }

    private static func id(_ number: UInt8) -> TaskID { TaskID(bytes: [UInt8](repeating: number, count: 16)) }

    /// A task that takes some 20 KB.
    private func large(_ number: UInt8, secondsAgo: Int64, cap: UInt64) throws {
        var record = try record(number)
        record.retainedBytes = cap
        let task = try bench.add(record, .exited(0, at: Clock.now() - secondsAgo * 1_000_000_000))
        let bytes = [UInt8](repeating: 1, count: 20_000)
        try Files.replace("out.head", with: bytes, at: task.directory.number)
    }

    @Test("that run are never pruned, whatever the ledger says of them")
    func running() throws {
        let task = try bench.add(try record(1, hoursAgo: 5))
        let lock = try bench.lock(task)
        let tasks = try TaskCollection(bench.state)
        try opened().record([LedgerEntry(try task.record()).ended(.exited(0, at: 1))])
        #expect(try tasks.prune() == 0)
        #expect(try tasks.prune(olderThan: 0) == 0)
        #expect(try bench.scratch.exists("state/tasks/\(task.id)/record"))
        #expect(try opened().running().map(\.id) == [task.id], "the ledger is told the truth")
        withExtendedLifetime(lock) {}
    }

    @Test(
        "whose end went away are lost, and kept as long as any task that ends now, however long ago the ledger saw them end"
    )
    func endWentAway() throws {
        let task = try ended(1, hoursAgo: 5)
        let tasks = try TaskCollection(bench.state, prunes: false)
        #expect(try listed(tasks, .exited) == [1])
        try Files.remove(TaskFile.end.rawValue, at: task.directory.number)
        #expect(try tasks.prune() == 0)
        #expect(try listed(tasks, .lost) == [1])
        #expect(try tasks.prune() == 0)
        #expect(try tasks.prune(olderThan: 0) == 1)
    }

    @Test("whose monitor still holds them are left, though their end is written down")
    func held() throws {
        let task = try ended(1, hoursAgo: 5)
        let monitor = try FakeMonitor(bench, task) { _ in [] }
        let tasks = try TaskCollection(bench.state)
        #expect(try listed(tasks, .exited) == [1])
        #expect(try opened().running().isEmpty)
        try monitor.end()
        #expect(try tasks.prune() == 1)
    }

    @Test("that can't be read are pruned when nothing of them runs and nothing changed for a while")
    func damagedPruned() throws {
        let (young, old, locked, listening) = (try ended(1), try ended(2), try ended(3), try ended(4))
        for task in [young, old, locked] { try bench.write("damaged", .record, task) }
        let lock = try bench.lock(locked)
        let monitor = try FakeMonitor(bench, listening) { _ in [] }
        try Files.remove("record", at: listening.directory.number)
        for task in [old, locked, listening] { try bench.age("tasks/\(task.id)", seconds: 7200) }
        let tasks = try TaskCollection(bench.state)
        #expect(try bench.state.taskIDs().map(numbered).sorted() == [1, 3, 4])
        #expect(tasks.damaged.map(\.id) == [young.id, locked.id, listening.id])
        #expect(try tasks.prune(olderThan: 0) == 1)
        #expect(try bench.state.taskIDs().map(numbered).sorted() == [3, 4])
        try monitor.end()
        withExtendedLifetime(lock) {}
    }

    @Test("that somebody began to remove are swept, and what can't be swept is told and stops nothing")
    func interrupted() throws {
        for name in [
            ".old-\(String(repeating: "a", count: 32))", ".new-\(String(repeating: "b", count: 32))", ".new-file",
        ] {
            if name == ".new-file" {
                try bench.scratch.write("state/tasks/\(name)")
            } else {
                try bench.scratch.write("state/tasks/\(name)/record")
            }
            try bench.age("tasks/\(name)", seconds: 7200)
        }
        try bench.scratch.write("state/tasks/.new-\(String(repeating: "c", count: 32))/record")
        let tasks = try TaskCollection(bench.state)
        #expect(tasks.leftovers.isEmpty)
        #expect(try bench.scratch.names("state/tasks") == [".new-\(String(repeating: "c", count: 32))"])
    }

    // MARK: the ledger

    @Test(
        "are all listed when the ledger is damaged, removed or replaced while it is open",
        arguments: ["text", "cut", "removed", "table", "other"])
    func ledger(how: String) throws {
        for number in 1...40 as ClosedRange<UInt8> { try ended(number) }
        let (first, second) = (try TaskCollection(bench.state), try TaskCollection(bench.state))
        let all = try listed(first)
        #expect(all.count == 40)
        try spoil(how)
        #expect(try listed(first) == all)
        // Damage in the middle of the file is found when it is read, and not while its pages are remembered.
        if how != "text", how != "cut" { #expect(try opened().ids().count == 40, "in the ledger that is there now") }
        #expect(try listed(second) == all)
        try ended(41)
        for tasks in [first, second, try TaskCollection(bench.state)] { #expect(try listed(tasks) == [41] + all) }
        #expect(try first.prune(olderThan: 0) == 41)
        for tasks in [second, try TaskCollection(bench.state)] { #expect(try listed(tasks).isEmpty) }
        #expect(try opened().ids().isEmpty)
    }

    private func spoil(_ how: String) throws {
        let path = "\(bench.state.path)/ledger.sqlite"
        switch how {
        case "text":
            try bench.scratch.write("state/ledger.sqlite", String(repeating: "a", count: 20_000))
            try #require(truncate("\(path)-wal", 0) == 0)
        case "cut":
            try #require(truncate(path, 5000) == 0)
            try #require(truncate("\(path)-wal", 0) == 0)
        case "removed": try Files.remove(path)
        case "table": try DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE task") }
        default:
            for suffix in ["", "-wal", "-shm"] {
                try Files.removeTree("ledger.sqlite\(suffix)", at: bench.state.directory.number)
            }
            _ = try Ledger(path)
        }
    }

    @Test("are listed and pruned by several front ends at once, one of which finds the ledger damaged")
    func together() async throws {
        for number in 1...100 as ClosedRange<UInt8> { try ended(number, hoursAgo: number > 50 ? 3 : 0) }
        let bench = bench
        try bench.scratch.write("state/ledger.sqlite", String(repeating: "a", count: 20_000))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let tasks = try TaskCollection(bench.state)
                    for _ in 0..<5 { _ = try tasks.prune() }
                    return try tasks.page(limit: 1000).views.count
                }
            }
            for try await count in group { #expect(count == 50) }
        }
        #expect(try bench.state.taskIDs().count == 50)
    }
}
