import Glibc
import Kernel
import Launching
import Policy
import PolicyCompiling
import Records
import Supervision
import Tasks

/// The `[[test]]` entries of one policy, run on this host: decisions by deciding, the kernel's part by running.
struct PolicyTests {
    private let file: String
    private let surroundings: Surroundings
    private let supervisor: Supervisor
    private let compiled: CompiledPolicy

    init(_ file: String, _ surroundings: Surroundings) throws {
        (self.file, self.surroundings) = (file, surroundings)
        let shelf = try surroundings.shelf(file, audit: surroundings.audit("policy-test"))
        supervisor = try surroundings.supervisor(shelf, workspace: nil, principal: "policy-test:\(Host.user)")
        compiled = try shelf.policy()
    }

    /// Runs the tests, prints a line for each, and returns how many failed.
    ///
    /// A test of a program that this host does not have says nothing: it is left out, and counted as that.
    func run() throws -> Int {
        var (failed, leftOut) = (0, 0)
        for test in compiled.policy.tests {
            let words = test.run.map { VisibleText.bounded($0) }.joined(separator: " ")
            if try supervisor.explain(.arguments(test.run)).decision.verdict == .notFound {
                Output.line("--     \(words): left out, this host has no \(VisibleText.bounded(test.run.first ?? ""))")
                leftOut += 1
                continue
            }
            let problem = try problem(test)
            let mark = problem == nil ? "ok    " : "FAILED"
            let why = problem.map { ", but \($0)" } ?? ""
            Output.line("\(mark) \(words): expected \(test.expect.word)\(why) (\(test.origin))")
            if problem != nil { failed += 1 }
        }
        let passed = compiled.policy.tests.count - failed - leftOut
        Output.line("\(file): \(passed) passed, \(failed) failed\(leftOut > 0 ? ", \(leftOut) left out" : "")")
        return failed
    }

    /// What is not as expected; nil: everything is.
    private func problem(_ test: PolicyTest) throws -> String? {
        let decision = try supervisor.explain(.arguments(test.run)).decision
        if let because = test.because, !decision.reasons.contains(where: { $0.rule == because }) {
            return "the reason is \(decision.reasons.first?.rule ?? "none")"
        }
        switch test.expect {
        case .refused: return decision.isAllowed ? "it is allowed" : nil
        case .allowed: return decision.isAllowed ? nil : "it is \(decision.verdict.rawValue)"
        case .blocked:
            guard decision.isAllowed else { return "it is \(decision.verdict.rawValue) before it could run" }
            let end = try end(test)
            return end.exitCode == 0 ? "it ran and exited with 0" : nil
        case .exits(let code):
            guard decision.isAllowed else { return "it is \(decision.verdict.rawValue)" }
            let end = try end(test)
            return end.exitCode == Int32(code)
                ? nil : "it ended as \(end.status.word) \(end.exitCode.map(String.init) ?? "")"
        }
    }

    /// Runs the command without a workspace and waits for its end.
    private func end(_ test: PolicyTest) throws -> EndRecord {
        let launched = try supervisor.start(Supervisor.Order(.arguments(test.run)))
        guard let end = try TaskWait.end(of: try TaskDirectory(surroundings.state, launched.id)) else {
            throw TaskError.notRunning
        }
        return end
    }
}
