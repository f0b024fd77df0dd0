import Audit
import AuditSigning
import Kernel
import Policy
import Records
import Tasks
import TestSupport

/// A state directory with an audit log, and what a reviewer would say of it.
struct AuditBench {
    let bench: TaskBench
    let log: AuditLog

    init() throws {
        bench = try TaskBench()
        log = AuditLog(bench.state, AuditWho(uid: 1000, frontEnd: "mcp", client: "claude-code 2.1"))
    }

    var path: String { log.path }
    var headPath: String { "\(bench.state.path)/audit.head" }

    /// A log of a few lines of each sort, the last one no checkpoint.
    func fill() throws {
        for number in 1...3 {
            try log.append([.act("stop", by: "cli:\(number)", [try TaskBench.record(UInt8(number)).id])])
        }
        try HostKey(bench.state).checkpoint(log)
        try log.append([
            .refusal(
                ["git", "push"], policy: "default", cause: "commands", reason: "no \u{2603}", rule: "commands.allow",
                place: ("/etc/p.toml", 3), task: nil, .standard),
            .act("prune", by: "cli:0", []),
        ])
    }

    func bytes() throws -> [UInt8] { try Files.contents(path) }

    func write(_ bytes: [UInt8]) throws { try Files.replace(path, with: bytes, durable: false) }

    /// Says that a line was the last one when the ledger was asked.
    func report(
        _ ledger: (seq: UInt64, hash: String)? = nil, hash: String? = nil, bootID: String? = nil, keys: [String]? = nil
    ) throws -> AuditReport {
        var expected = AuditExpectation(bootID: try bootID ?? Host.bootID(), isSigned: HostKey.isSigned)
        (expected.ledger, expected.hash) = (ledger, hash)
        expected.keys = try keys ?? HostKey.existing(bench.state).map { [$0] } ?? []
        return try AuditReader(bench.state).verify(expected)
    }

    /// The lines, each with its line break.
    static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            .map { Array($0) + [UInt8(ascii: "\n")] }
    }
}
