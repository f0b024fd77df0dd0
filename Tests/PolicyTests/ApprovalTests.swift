import Testing

@testable import Policy

@Suite("Approval by a person")
struct ApprovalTests {
    private let host = FakeHost(["ls", "git", "sh", "python3", "/opt/script", "/usr/lib/git-core/git-push"])

    private func paths(_ table: CommandTable) -> [String] { table.kernelPrograms.map(\.path).sorted() }

    @Test("a program that needs approval, and its children, are on the kernel's list of an approved start only")
    func list() throws {
        let rules = [CommandRule.on("git", children: ["/usr/lib/git-core/git-push"])]
        let table = host.table(.listing(["ls"], ask: ["git push", "sh"], rules: rules))
        let git = try #require(host.resolve("git"))
        #expect(paths(table) == ["/usr/bin/ls"])
        #expect(!table.lets(git))
        let approved = table.approving(git)
        #expect(paths(approved) == ["/usr/bin/git", "/usr/bin/ls", "/usr/lib/git-core/git-push"])
        let shell = try #require(host.resolve("sh"))
        #expect(approved.lets(git) && !approved.lets(shell))
    }

    @Test("a table for an approved start allows nothing by itself")
    func stillAsks() throws {
        let table = host.table(.listing(["ls"], ask: ["git"]))
        let git = try #require(host.resolve("git"))
        let decision = table.approving(git).decide(argv: ["git", "push"], program: git)
        #expect(decision.verdict == .ask)
        #expect(decision.asked == git)
    }

    @Test("a script whose interpreter nobody allows is refused, and nobody is asked")
    func scripts() throws {
        let script = try #require(host.resolve("/opt/script"))
        let python = try #require(host.resolve("python3"))
        func verdict(_ policy: EffectivePolicy) -> Decision.Verdict {
            host.table(policy).decide(argv: ["/opt/script"], program: script, interpreters: [python]).verdict
        }
        #expect(verdict(.listing(["ls"], ask: ["/opt/script"])) == .refused)
        #expect(verdict(.listing(["ls"], ask: ["/opt/script", "python3"])) == .refused)
        #expect(verdict(.listing(["python3"], ask: ["/opt/script"])) == .ask)
        let rules = [CommandRule.on("/opt/script", children: ["python3"])]
        #expect(verdict(.listing(["ls"], ask: ["/opt/script"], rules: rules)) == .ask)
    }

    // MARK: questions

    private func question(
        _ arguments: [String] = ["git", "push"], digest: String = String(repeating: "a", count: 64),
        inode: UInt64 = 1, variables: [EnvironmentVariable] = [], input: String? = nil, workspace: String? = "/srv/a"
    ) -> ApprovalQuestion {
        let git = ProgramIdentity(path: "/usr/bin/git", device: 1, inode: inode, size: 1, modified: 1, changed: 1)
        let origin = Origin(file: "p.toml", line: 3, column: 1)
        return ApprovalQuestion(
            arguments: arguments, executed: arguments, files: [git], asked: git, workingDirectory: "/srv/a",
            workspace: workspace, variables: variables, input: input, policy: "build", policyDigest: digest,
            reasons: [Reason("it asks", rule: "commands.ask", origin: origin)])
    }

    @Test("a question names everything that the answer is bound to")
    func text() throws {
        let asked = question(variables: [EnvironmentVariable(name: "A", value: "b c")], input: "5 bytes")
        #expect(
            asked.text == """
                Run this command once?
                  git push
                program: /usr/bin/git
                directory: /srv/a
                workspace: /srv/a
                policy: build (aaaaaaaaaaaaaaaa)
                variables: "A=b c"
                input: 5 bytes
                because: it asks (commands.ask, p.toml:3)
                """)
    }

    @Test("two commands never look the same, and none writes lines of its own")
    func spelling() throws {
        let words: [[String]] = [
            ["a b"], ["a", "b"], ["\"a b\""], ["a\\", "b"], ["a\nprogram: x"], ["a\\u{a}program: x"], ["a\u{202e}"],
            ["a", ""], ["a"], ["\u{e9}"],
        ]
        let texts = try words.map { try #require(question($0).text) }
        #expect(Set(texts).count == texts.count)
        for text in texts { #expect(text.split(separator: "\n").count == 7) }
    }

    @Test("what is too long to be read is not asked")
    func long() {
        #expect(question(["git", String(repeating: "x", count: 4000)]).text == nil)
        #expect(question(["git"], input: String(repeating: "x", count: 5000)).text == nil)
        #expect(question(["git", String(repeating: "x", count: 2000)]).text != nil)
    }

    @Test("an answer to one question is none to another")
    func equality() {
        #expect(question() == question())
        let others = [
            question(["git", "push", "-f"]), question(digest: "b"), question(inode: 2), question(input: "x"),
            question(workspace: nil), question(variables: [EnvironmentVariable(name: "A", value: "b")]),
        ]
        for other in others { #expect(other != question()) }
        // One letter to Swift, two names to a file system.
        #expect(question(["git", "\u{e9}"]) != question(["git", "e\u{301}"]))
    }
}
