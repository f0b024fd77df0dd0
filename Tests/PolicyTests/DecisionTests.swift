import Testing

@testable import Policy

@Suite("S-07: decisions about commands")
struct DecisionTests {
    private let host = FakeHost([
        "ls", "git", "cat", "find", "rm", "sh", "node", "lsof", "busybox", "/usr/lib/git-core/git-log",
        "/usr/lib/git-core/git-push",
        "/tmp/cat", "/usr/lib/gcc/x/12/cc1",
    ])

    @Test("only what is on the list may be started, and the entry that said so is named")
    func listed() {
        let decision = host.decide(.listing(["ls", "git status"]), ["ls", "-la"])
        #expect(decision.isAllowed)
        #expect(decision.reasons[0].description == "\"ls\" is on the list (commands.allow, p.toml:3)")
        #expect(host.decide(.listing(["ls"]), ["rm", "-rf", "/"]).verdict == .refused)
    }

    @Test("a reason says plainly where no policy file sets the key that decided, and names no file then")
    func noFile() {
        let unset = Reason("no shell", rule: "commands.shell", origin: .standard)
        #expect(unset.description == "no shell (commands.shell, which no policy file sets)")
        #expect(unset.file == nil && unset.line == 0)
        let fixed = host.decide(.listing(["ls"]), []).reasons[0]
        #expect(fixed.description == "there is no command (commands)" && fixed.file == nil)
        let variable = Reason("on the list", rule: "commands.allow", origin: .environment("ALLOWED_COMMANDS"))
        #expect(variable.description == "on the list (commands.allow, environment:ALLOWED_COMMANDS)")
    }

    @Test("an entry is a program and not a prefix of a name: lsof is not ls (mcp 1.1)")
    func noPrefixOfAName() {
        #expect(host.decide(.listing(["ls"]), ["lsof"]).verdict == .refused)
    }

    @Test(
        "leading arguments are compared word by word",
        arguments: [
            (["git", "status"], true), (["git", "status", "-s"], true), (["git", "statusx"], false), (["git"], false),
            (["git", "-C", "x", "status"], false), (["git", "status -s"], false),
        ])
    func leadingArguments(argv: [String], expected: Bool) {
        #expect(host.decide(.listing(["git status"]), argv).isAllowed == expected)
    }

    @Test("a denying rule wins over the list, over `ask` and over `allow_all`, and names its line")
    func denyWins() {
        let rules = [CommandRule.on("find", deny: ["-exec*"])]
        var policy = EffectivePolicy.listing(["find"], ask: ["find"], rules: rules)
        policy.commands.allowAll = true
        let decision = host.decide(policy, ["find", ".", "-exec", "rm", ";"])
        #expect(decision.verdict == .refused)
        #expect(decision.reasons[0].rule == "commands.rule")
        #expect(decision.reasons[0].line == 7)
    }

    @Test("what needs approval is asked for even where it is on the list")
    func askWinsOverList() {
        let policy = EffectivePolicy.listing(["git"], ask: ["git push"])
        #expect(host.decide(policy, ["git", "push"]).verdict == .ask)
        #expect(host.decide(policy, ["git", "log"]).isAllowed)
    }

    @Test("every rule about a program has to be content")
    func allRulesHold() {
        let rules = [CommandRule.on("git", allow: ["log *", "status"]), CommandRule.on("git", allow: ["log *"])]
        let policy = EffectivePolicy.listing(["git"], rules: rules)
        #expect(host.decide(policy, ["git", "log", "-1"]).isAllowed)
        #expect(host.decide(policy, ["git", "status"]).verdict == .refused)
    }

    @Test("another name of the same file is the same program, and another file of the same name is not (B5, B6)")
    func filesAndNotNames() {
        var host = host
        host.link("/home/u/kitty", to: "/usr/bin/cat")
        #expect(host.decide(.listing(["cat"]), ["/home/u/kitty", "x"]).isAllowed)
        #expect(host.decide(.listing(["cat"]), ["/tmp/cat", "x"]).verdict == .refused)
        let rules = [CommandRule.on("cat", deny: ["-n"])]
        #expect(host.decide(.listing(["cat"], rules: rules), ["/home/u/kitty", "-n"]).verdict == .refused)
    }

    @Test("a program of many names is allowed only by the name on the list (B3)")
    func manyNames() {
        var host = host
        host.link("/bin/ash", to: "/usr/bin/busybox")
        host.link("/bin/true", to: "/usr/bin/busybox")
        let policy = EffectivePolicy.listing(["/bin/true"])
        #expect(host.decide(policy, ["/bin/true"]).isAllowed)
        #expect(host.decide(policy, ["/bin/ash", "-c", "id"]).verdict == .refused)
        #expect(host.decide(policy, ["/usr/bin/busybox", "sh"]).verdict == .refused)
    }

    @Test("an empty command, an empty name and a NUL are refused before anything else (B19)")
    func malformed() {
        var policy = EffectivePolicy()
        policy.commands.allowAll = true
        let table = host.table(policy)
        let program = host.resolve("ls")
        #expect(table.decide(argv: [], program: program).verdict == .refused)
        #expect(table.decide(argv: [""], program: program).verdict == .refused)
        #expect(table.decide(argv: ["ls", "a\0b"], program: program).verdict == .refused)
    }

    @Test("ALLOWED_COMMANDS and ALLOW_ALL_COMMANDS count only where the policy says so (B18)")
    func environment() {
        var policy = EffectivePolicy.listing(["ls"])
        let variables = ["ALLOWED_COMMANDS": "rm, git push", "ALLOW_ALL_COMMANDS": "true"]
        #expect(host.decide(policy, ["rm"], environment: variables).verdict == .refused)
        policy.commands.environment = true
        #expect(host.decide(policy, ["rm"], environment: ["ALLOWED_COMMANDS": "rm, git push"]).isAllowed)
        #expect(host.decide(policy, ["git", "push"], environment: ["ALLOWED_COMMANDS": "rm, git push"]).isAllowed)
        #expect(
            host.decide(policy, ["git", "log"], environment: ["ALLOWED_COMMANDS": "rm, git push"]).verdict == .refused)
        #expect(host.decide(policy, ["git", "log"], environment: variables).isAllowed)
        let decision = host.decide(policy, ["git", "log"], environment: ["ALLOW_ALL_COMMANDS": "1"])
        #expect(decision.verdict == .refused)
    }

    @Test("the environment can't lift a denying rule")
    func environmentAndRules() {
        var policy = EffectivePolicy.listing([], rules: [CommandRule.on("find", deny: ["-delete"])])
        policy.commands.environment = true
        let decision = host.decide(policy, ["find", "-delete"], environment: ["ALLOW_ALL_COMMANDS": "true"])
        #expect(decision.verdict == .refused)
    }

    @Test("the kernel's list holds the programs of the list and the children of programs that are in it")
    func kernelPrograms() {
        let rules = [
            CommandRule.on("git", children: ["/usr/lib/git-core/*"]), CommandRule.on("node", children: ["rm"]),
        ]
        let table = host.table(.listing(["ls", "git status"], rules: rules))
        let paths = table.kernelPrograms.map(\.path)
        #expect(paths == ["/usr/bin/ls", "/usr/bin/git", "/usr/lib/git-core/git-log", "/usr/lib/git-core/git-push"])
    }

    @Test("a path with * on the list stands for each program of that form")
    func globsOnTheList() {
        let policy = EffectivePolicy.listing(["/usr/lib/gcc/*/*/cc1"])
        #expect(host.decide(policy, ["/usr/lib/gcc/x/12/cc1", "-v"]).isAllowed)
        #expect(host.decide(policy, ["/usr/lib/git-core/git-log"]).verdict == .refused)
        #expect(host.table(.listing(["/opt/*/x"])).unresolved.map(\.spelling) == ["/opt/*/x"])
    }

    @Test("a script is allowed only with its interpreter (B8)")
    func scripts() throws {
        let interpreter = try #require(host.resolve("node"))
        let script = host.resolve("git")
        let lone = host.table(.listing(["git"]))
        #expect(lone.decide(argv: ["git"], program: script, interpreters: [interpreter]).verdict == .refused)
        let both = host.table(.listing(["git"], rules: [.on("git", children: ["node"])]))
        #expect(both.decide(argv: ["git"], program: script, interpreters: [interpreter]).isAllowed)
    }

    @Test("interpreters and wrappers are marked: they may run code of their own")
    func arbitraryCode() {
        #expect(host.decide(.listing(["node"]), ["node", "-e", "1"]).arbitraryCode)
        #expect(!host.decide(.listing(["ls"]), ["ls"]).arbitraryCode)
    }

    @Test("a digest that a rule pins is asked of the launch")
    func digest() {
        let policy = EffectivePolicy.listing(["ls"], rules: [.on("ls", sha256: "ab")])
        #expect(host.decide(policy, ["ls"]).requiredDigest == "ab")
    }

    @Test("a refusal offers what is near, and bounds what the caller wrote")
    func refusalText() {
        let decision = host.decide(.listing(["git status", "git log"]), ["git", "statsu"])
        #expect(decision.nearestAllowed.first == "git status")
        let hostile = host.decide(.listing(["ls"]), ["\u{1b}[2J" + String(repeating: "x", count: 500)])
        #expect(hostile.verdict == .notFound)
        #expect(!hostile.reasons[0].text.contains("\u{1b}"))
        #expect(hostile.reasons[0].text.count < 300)
    }

    @Test("`trust` without `allow_all` is no more than `check`")
    func trustNeedsAllowAll() {
        var policy = EffectivePolicy.listing(["ls"])
        policy.commands.shell = .trust
        #expect(host.table(policy).shell == .check)
    }
}
