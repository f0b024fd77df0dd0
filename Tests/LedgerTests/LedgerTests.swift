import Foundation
import GRDB
import Records
import TestSupport
import Testing

@testable import Ledger

@Suite("The ledger", .timeLimit(.minutes(1)))
struct LedgerTests {
    private let scratch: Scratch
    private let path: String

    init() throws {
        scratch = try Scratch()
        path = "\(scratch.path)/ledger.sqlite"
    }

    private func entry(_ number: UInt8, startedAt: Int64 = 100) throws -> LedgerEntry {
        LedgerEntry(try TaskBench.record(number, startedAt: startedAt))
    }

    private func isDamaged(_ body: () throws(LedgerError) -> Void) -> Bool? {
        do {
            try body()
            return nil
        } catch {
            return error.isDamaged
        }
    }

    @Test("keeps what was written, over a second opening and over what was there of the same task")
    func reopened() throws {
        let first = try entry(1)
        var second = try entry(2)
        second.retention = .max
        try Ledger(path).record([first, second])
        let ledger = try Ledger(path)
        #expect(try ledger.ids() == [first.id, second.id])
        #expect(try Set(ledger.running().map(\.id)) == [first.id, second.id])
        let ended = first.ended(.exited(0, at: 500))
        try ledger.record([ended])
        #expect(try Ledger(path).page(status: .exited, after: nil, limit: 10) == [ended])
        #expect(try ledger.running() == [second])
        try ledger.forget([first.id])
        #expect(try ledger.ids() == [second.id])
        try ledger.verify()
    }

    @Test("knows the ids of whole entries, and when everything was in it")
    func listing() throws {
        let ledger = try Ledger(path)
        #expect(try ledger.listing() == nil)
        try ledger.record([try entry(1), try entry(2)])
        for changed in [Int64(5), 6] {
            try ledger.record(LedgerListing(modified: 4, changed: changed))
            #expect(try Ledger(path).listing() == LedgerListing(modified: 4, changed: changed))
        }
        try DatabaseQueue(path: path).write { database in
            try database.execute(
                sql: "UPDATE task SET status = 'sleeps' WHERE id = ?", arguments: [try entry(1).id.text])
            try database.execute(sql: "UPDATE listing SET changed = 'never'")
        }
        #expect(try ledger.ids() == [try entry(2).id])
        #expect(try ledger.listing() == nil)
    }

    @Test("gives pages, the newest first, without losing one of several that began at the same time")
    func pages() throws {
        let ledger = try Ledger(path)
        var entries: [LedgerEntry] = []
        for number in 1...10 { entries.append(try entry(UInt8(number), startedAt: Int64(number / 3))) }
        try ledger.record(entries.shuffled())
        var (found, place): ([LedgerEntry], LedgerPlace?) = ([], nil)
        repeat {
            let page = try ledger.page(status: nil, after: place, limit: 3)
            found += page
            // As a caller keeps it.
            place = page.last.flatMap { LedgerPlace(cursor: LedgerPlace($0).cursor) }
        } while place != nil
        #expect(found == entries.sorted { ($0.startedAt, $1.id.text) > ($1.startedAt, $0.id.text) })
    }

    @Test("gives the ids that begin so, the newest first, no more than are wanted, and says how many there are")
    func beginning() throws {
        let ledger = try Ledger(path)
        let entries = try (1...5).map { try entry($0, startedAt: Int64($0)) }
        try ledger.record(entries)
        let all = try ledger.ids(beginning: "", limit: 3)
        #expect(all.ids == entries.reversed().prefix(3).map(\.id.text) && all.total == 5)
        let wanted = entries[2].id.text
        for prefix in [wanted, String(wanted.prefix(31))] {
            let found = try ledger.ids(beginning: prefix, limit: 10)
            #expect(found.ids.contains(wanted) && found.ids.allSatisfy { $0.hasPrefix(prefix) })
            #expect(found.total == found.ids.count)
        }
        for prefix in ["g", wanted + "0", wanted.uppercased() + "Z", "'"] {
            let found = try ledger.ids(beginning: prefix, limit: 10)
            #expect(found.ids.isEmpty && found.total == 0)
        }
        try ledger.giveBackMemory()
        #expect(try ledger.ids().count == 5)
    }

    @Test("says which tasks have been kept long enough, and never a running one")
    func expired() throws {
        let ledger = try Ledger(path)
        var short = try entry(1).ended(.exited(0, at: 1000))
        short.retention = 10
        var running = try entry(2)
        running.retention = 0
        try ledger.record([short, running])
        #expect(try ledger.expired(now: 1010).isEmpty)
        #expect(try ledger.expired(now: 1011) == [short])
    }

    @Test("adds up what ended tasks take, and knows those that nobody has measured, the oldest first")
    func retained() throws {
        let ledger = try Ledger(path)
        #expect(try ledger.retained() == (0, nil))
        var entries = try [entry(1), entry(2).ended(.exited(0, at: 7)), entry(3).ended(.exited(0, at: 5))]
        (entries[1].bytes, entries[1].retainedBytes) = (100, .max)
        (entries[0].retainedBytes, entries[2].retainedBytes) = (1, 300)
        try ledger.record(entries)
        #expect(try ledger.retained() == (100, 300))
        #expect(try ledger.unmeasured() == [entries[2]])
        #expect(try ledger.ended().map(\.id) == [entries[2].id, entries[1].id])
    }

    @Test(
        "takes no cursor that it did not give out",
        arguments: ["", "-", "1", "x-y", "1-2", "1-\(String(repeating: "0", count: 32))-1"])
    func cursors(text: String) {
        #expect(LedgerPlace(cursor: text) == nil)
    }

    /// Does something to the file that no ledger does.
    private func spoil(_ statement: String) throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: statement) }
    }

    private func cut(_ path: String, to size: Int) throws {
        try #require(truncate(path, size) == 0)
    }

    // MARK: several at once

    /// Threads of their own, as front ends are processes of their own: those of a pool, which all wait for a lock, could be the
    /// ones that whoever holds it needs.
    @Test("is opened, migrated and written by several at once, and loses no entry")
    func together() async throws {
        let (path, workers) = (path, DispatchGroup())
        for worker in 0..<6 {
            workers.enter()
            Thread.detachNewThread {
                defer { workers.leave() }
                do {
                    let ledger = try Ledger(path)
                    for round in 0..<20 { try ledger.record([try entry(UInt8(worker * 20 + round))]) }
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
        await withCheckedContinuation { done in workers.notify(queue: .global()) { done.resume() } }
        #expect(try Ledger(path).ids().count == 120)
    }

    // MARK: damage

    @Test(
        "that is no database, is cut off, or has lost its table says that it is damaged",
        arguments: ["text", "cut", "table"])
    func damagedBefore(how: String) throws {
        try Ledger(path).record(try (1...200).map { number in try entry(UInt8(number)) })
        switch how {
        case "text": try scratch.write("ledger.sqlite", String(repeating: "a", count: 9000))
        case "cut": try cut(path, to: 6000)
        default: try spoil("DROP TABLE task")
        }
        let found = isDamaged { () throws(LedgerError) in
            let opened = try Ledger(path)
            _ = try opened.ids()
            try opened.verify()
        }
        #expect(found == true)
    }

    @Test("that was damaged after it was opened says so when it is read from the file")
    func damagedAfter() throws {
        let ledger = try Ledger(path)
        try ledger.record(try (1...250).map { number in try entry(UInt8(number)) })
        let other = try Ledger(path)
        try cut(path, to: 5000)
        try cut(path + "-wal", to: 0)
        let found = isDamaged { () throws(LedgerError) in
            _ = try other.ids()
            try other.verify()
        }
        #expect(found == true)
    }

    @Test(
        "with an index that lacks what its table has says that it is damaged",
        arguments: ["task_by_start", "task_by_status"])
    func brokenIndex(name: String) throws {
        try Ledger(path).record(try (1...20).map { number in try entry(UInt8(number), startedAt: Int64(number)) })
        let columns = name == "task_by_start" ? "started_at DESC, id" : "status, started_at DESC, id"
        try spoil(
            """
            DROP INDEX \(name);
            CREATE INDEX \(name) ON task (\(columns)) WHERE started_at > 10;
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = 'CREATE INDEX \(name) ON task (\(columns))' WHERE name = '\(name)';
            """)
        let ledger = try Ledger(path)
        for table in [false, true] {
            #expect(isDamaged { () throws(LedgerError) in try ledger.checkIndices(table: table) } == true)
        }
        #expect(isDamaged { () throws(LedgerError) in try ledger.verify() } == true)
    }

    @Test("leaves out a row that is no task, and takes it again from whoever has it")
    func strangeRow() throws {
        let ledger = try Ledger(path)
        let good = try entry(1)
        try ledger.record([good, try entry(2)])
        try spoil("UPDATE task SET started_at = 'x', status = x'00' WHERE id = '\(try entry(2).id)'")
        #expect(try ledger.ids() == [good.id])
        #expect(try ledger.page(status: nil, after: nil, limit: 10) == [good])
        try ledger.record([try entry(2)])
        #expect(try ledger.ids().count == 2)
    }
}
