import Audit
import AuditSigning
import Kernel
import Records
import TestSupport
import Testing

@Suite("An audit log after a crash")
struct CrashTests {
    private let bench: AuditBench
    private let before: [UInt8]
    private let head: [UInt8]
    private let after: [UInt8]

    init() throws {
        bench = try AuditBench()
        try bench.fill()
        (before, head) = (try bench.bytes(), try Files.contents(bench.headPath))
        try bench.log.append([.act("stop", by: "cli:7", [])])
        after = try bench.bytes()
    }

    private func restore(_ bytes: [UInt8], head: [UInt8]? = nil) throws {
        try bench.write(bytes)
        try Files.replace(bench.headPath, with: head ?? self.head, durable: false)
    }

    @Test("a write that was cut short at any byte is no tampering, and the next one says what it was")
    func torn() throws {
        for size in before.count + 1..<after.count {
            try restore(Array(after[..<size]))
            let torn = try bench.report()
            #expect(torn.findings == [], "after \(size - before.count) bytes")
            #expect(torn.notes.contains { $0.message.contains("not completed") })
            try bench.log.append([.act("stop", by: "cli:8", [])])
            let mended = try bench.report()
            #expect(mended.findings == [], "mended after \(size - before.count) bytes")
            #expect(mended.lastSeq == 8)
            #expect(try bench.bytes().starts(with: after[..<size]))
            #expect(String(decoding: try bench.bytes(), as: UTF8.self).contains(#""event":"torn""#))
        }
    }

    @Test("what was torn and closed can't be changed afterwards")
    func mendedIsChained() throws {
        try restore(Array(after[..<(before.count + 40)]))
        try bench.log.append([.act("stop", by: "cli:8", [])])
        let mended = try bench.bytes()
        for place in before.count..<mended.count {
            var bytes = mended
            bytes[place] ^= 1
            try bench.write(bytes)
            #expect(try !bench.report().isWhole, "byte \(place)")
        }
    }

    @Test("a whole line that the file beside the log does not know is a line like any other")
    func unknownToHead() throws {
        try restore(after)
        #expect(try bench.report().findings == [])
        try bench.log.append([.act("stop", by: "cli:8", [])])
        let report = try bench.report()
        #expect(report.findings == [])
        #expect((report.lines, report.lastSeq) == (8, 8))
    }

    @Test("lines that went away with the host are told, and told apart from a cut")
    func lostWithTheHost() throws {
        let current = try Host.bootID()
        let other = current.replacing("0123456789abcdef", by: { $0 == "a" ? "b" : "a" })
        let known = String(decoding: try Files.contents(bench.headPath), as: UTF8.self)
        try restore(before, head: Array(known.replacing(current, with: other).utf8))
        #expect(try bench.report().findings == [])
        #expect(try bench.report().notes.contains { $0.message.contains("when the host went down") })
        try bench.log.append([.act("stop", by: "cli:8", [])])
        let mended = try bench.report()
        #expect(mended.findings == [])
        #expect(mended.lastSeq == 9)
        #expect(mended.notes.contains { $0.message.contains("numbered 7 to 7") })
        // The same without a restart.
        try restore(before, head: Array(known.utf8))
        #expect(try bench.report().findings.map(\.kind) == [.truncated])
        try bench.log.append([.act("stop", by: "cli:8", [])])
        #expect(try bench.report().findings.map(\.kind) == [.truncated])
    }

    @Test("what is known to have been on disk is missed after a restart, too")
    func durable() throws {
        let known = try bench.report()
        try restore(before, head: try Files.contents(bench.headPath))
        let report = try bench.report((known.lastSeq, known.head), bootID: "00000000-0000-0000-0000-000000000000")
        #expect(report.findings.map(\.kind) == [.truncated])
    }

    @Test("zeros, which some file systems leave at the end, are torn bytes")
    func zeros() throws {
        try restore(before + [UInt8](repeating: 0, count: 300))
        #expect(try bench.report().findings == [])
        try bench.log.append([.act("stop", by: "cli:8", [])])
        #expect(try bench.report().findings == [])
    }

    @Test("an empty log is whole, and its first line is the first")
    func empty() throws {
        let fresh = try AuditBench()
        #expect(try fresh.report().isWhole)
        try fresh.log.append([.act("stop", by: "cli:0", [])])
        let report = try fresh.report()
        #expect(report.isWhole)
        #expect(report.lastSeq == 1)
    }
}

extension String {
    fileprivate func replacing(_ set: String, by change: (Character) -> Character) -> String {
        String(map { set.contains($0) ? change($0) : $0 })
    }

    fileprivate func replacing(_ old: String, with new: String) -> String {
        guard let found = range(of: old) else { return self }
        return String(self[..<found.lowerBound]) + new + String(self[found.upperBound...])
    }

    private func range(of text: String) -> Range<String.Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
