import Audit
import AuditSigning
import Kernel
import Records
import TestSupport
import Testing

@Suite("An audit log that somebody changed")
struct TamperingTests {
    private let bench: AuditBench
    private let original: [UInt8]
    private let lines: [[UInt8]]

    init() throws {
        bench = try AuditBench()
        try bench.fill()
        original = try bench.bytes()
        lines = AuditBench.lines(original)
    }

    @Test("a log that was only appended to is whole, and signed up to its last checkpoint")
    func whole() throws {
        let report = try bench.report()
        #expect(report.findings == [])
        #expect((report.lines, report.lastSeq, report.signedSeq) == (6, 6, 4))
        #expect(report.key == (try HostKey(bench.bench.state).publicKey))
    }

    @Test("every edit of a single byte is found")
    func edits() throws {
        for place in original.indices {
            for flip in [UInt8(1), 0x20] {
                var bytes = original
                bytes[place] ^= flip
                try bench.write(bytes)
                #expect(try !bench.report().isWhole, "byte \(place) of \(original.count), flipped by \(flip)")
            }
        }
    }

    @Test("every byte that is left out or put in is found")
    func lengths() throws {
        for place in original.indices {
            var bytes = original
            bytes.remove(at: place)
            try bench.write(bytes)
            #expect(try !bench.report().isWhole, "without byte \(place)")
            bytes = original
            bytes.insert(UInt8(ascii: "x"), at: place)
            try bench.write(bytes)
            #expect(try !bench.report().isWhole, "with a byte before \(place)")
        }
    }

    @Test("every line that is left out, written twice or taken from elsewhere is found, and the line is named")
    func wholeLines() throws {
        for place in lines.indices {
            var changed = lines
            changed.remove(at: place)
            try check(changed, "without line \(place + 1)")
            changed = lines
            changed.insert(lines[place], at: place)
            try check(changed, "line \(place + 1) twice")
            changed[place] = Array(#"{"seq":1}"#.utf8) + [10]
            try check(changed, "a stranger before line \(place + 1)")
        }
    }

    @Test("every two lines that change places are found")
    func order() throws {
        for first in lines.indices {
            for second in lines.indices where second > first {
                var changed = lines
                changed.swapAt(first, second)
                try check(changed, "lines \(first + 1) and \(second + 1)")
            }
        }
    }

    private func check(_ lines: [[UInt8]], _ what: Comment) throws {
        try bench.write(lines.flatMap { $0 })
        let report = try bench.report()
        #expect(!report.isWhole, what)
        #expect(report.findings.allSatisfy { $0.line > 0 && $0.line <= lines.count }, what)
    }

    @Test("every cut is found, wherever it is")
    func cuts() throws {
        for size in 0..<original.count {
            try bench.write(Array(original[..<size]))
            #expect(try !bench.report().isWhole, "cut to \(size) of \(original.count)")
        }
    }

    @Test("a cut that the file beside the log was made to fit is found by the ledger, and by a hash that was noted")
    func cutWithHead() throws {
        let noted = try bench.report()
        try bench.write(lines.dropLast().flatMap { $0 })
        try Files.remove(bench.headPath)
        try bench.log.append([.act("stop", by: "cli:0", [])])
        #expect(try !bench.report().isWhole)
        let ledger = try bench.report((noted.lastSeq, noted.head))
        #expect(ledger.findings.contains { $0.kind == .truncated && $0.message.contains("the ledger") })
        #expect(try bench.report(hash: noted.head).findings.contains { $0.kind == .truncated })
    }

    @Test("a log that was written anew is signed by nobody, or by another key")
    func otherKey() throws {
        let other = try AuditBench()
        try other.fill()
        let own = try HostKey(bench.bench.state).publicKey
        #expect(try other.report(keys: [own]).findings.map(\.kind) == [.signature])
        #expect(try other.report(keys: [own]).findings.first?.line == 4)
        #expect(try other.report().isWhole)
    }

    @Test("a line or a head with the largest of all numbers is none, and whoever appends to such a log can")
    func largestNumber() throws {
        let zeros = AuditHead.zeros
        let line = #"{"seq":\#(UInt64.max),"time":"2026-11-25T05:11:09.117Z","prev":"\#(zeros)","event":"act"}"# + "\n"
        let head = "caisson-audit-head-1 \(UInt64.max) \(padded(line.utf8.count)) \(zeros) \(try Host.bootID())\n"
        try bench.write(Array((line + line).utf8))
        #expect(try !bench.report().isWhole)
        try bench.write(Array(line.utf8))
        try Files.replace(bench.headPath, with: Array(head.utf8), durable: false)
        try bench.log.append([.act("stop", by: "cli:0", [])])
        #expect(try bench.report().findings.contains { $0.kind == .edited && $0.line == 1 })
    }

    private func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.count) + digits
    }

    @Test("many random changes at once are found")
    func random() throws {
        var random = SplitMix(11)
        for round in 0..<2000 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<3, using: &random) where bytes.count > 2 {
                let start = Int.random(in: 0..<bytes.count - 1, using: &random)
                let end = min(bytes.count, start + Int.random(in: 1..<200, using: &random))
                let other = (0..<Int.random(in: 0..<50, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                bytes.replaceSubrange(start..<end, with: other)
            }
            guard bytes != original else { continue }
            try bench.write(bytes)
            #expect(try !bench.report().isWhole, "round \(round)")
        }
    }

    @Test("whatever stands in the file beside the log, nothing is taken for whole but the right one")
    func head() throws {
        let head = try Files.contents(bench.headPath)
        for place in head.indices {
            var bytes = head
            bytes[place] ^= 1
            try Files.replace(bench.headPath, with: bytes, durable: false)
            let report = try bench.report()
            // The boot id is only asked where lines are missing.
            let isBootID = (head.count - 37..<head.count - 1).contains(place)
            #expect(report.isWhole == isBootID, "byte \(place)")
        }
        try Files.remove(bench.headPath)
        #expect(try bench.report().findings.map(\.kind) == [.head])
    }
}
