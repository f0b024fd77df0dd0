import Audit
import Kernel
import TestSupport
import Testing

@Suite("The cost of a line", .serialized)
struct CostTests {
    @Test("a line costs the same however long the log is, and a tenth of a millisecond at most")
    func flat() throws {
        let bench = try AuditBench()
        func median() throws -> UInt64 {
            let times = try (0..<200).map { _ in
                let begin = Clock.monotonic()
                try bench.log.append([.act("stop", by: "cli:0", [])])
                return Clock.monotonic() - begin
            }
            return times.sorted()[100]
        }
        let short = try median()
        for _ in 0..<20 { try bench.log.append((0..<1000).map { .act("stop", by: "cli:\($0)", []) }) }
        let long = try median()
        print("audit line: \(short / 1000) us in a short log, \(long / 1000) us after 20,000 lines")
        // A debug build on a busy host: the bar of a release build is measured by scripts/bench.
        #expect(long < 4 * short + 200_000)
    }
}
