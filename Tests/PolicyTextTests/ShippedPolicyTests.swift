import Policy
import Testing

@testable import PolicyText

@Suite("The policies that are shipped")
struct ShippedPolicyTests {
    private func decide(_ shipped: ShippedPolicy, _ argv: [String], _ environment: [String: String] = [:]) throws
        -> Decision
    {
        let policy = try shipped.load()
        return shipped.host(policy).decide(policy, argv, environment: environment)
    }

    @Test(
        "each is without an error, says what it is for, and gives a reason for each rule",
        arguments: ShippedPolicy.allCases)
    func wellFormed(_ shipped: ShippedPolicy) throws {
        let policy = try shipped.load()
        #expect(policy.name == shipped.rawValue)
        #expect(!policy.description.isEmpty)
        #expect(policy.tests.count >= 4)
        #expect(policy.relaxations.allSatisfy { $0.expires == nil }, "a shipped policy must not stop working on a day")
    }

    @Test("each decides its own [[test]] entries as they say", arguments: ShippedPolicy.allCases)
    func ownTests(_ shipped: ShippedPolicy) throws {
        let policy = try shipped.load()
        let host = shipped.host(policy)
        for test in policy.tests {
            let decision = host.decide(policy, test.run)
            #expect(decision.isAllowed == (test.expect != .refused), "\(test.run): \(decision.reasons)")
            if let because = test.because { #expect(decision.reasons.first?.rule == because, "\(test.run)") }
        }
    }

    @Test(
        "each tests something that is refused or stopped, and something that is allowed",
        arguments: ShippedPolicy.allCases)
    func bothSides(_ shipped: ShippedPolicy) throws {
        let expected = try shipped.load().tests.map(\.expect)
        #expect(expected.contains(.refused) || expected.contains(.blocked))
        #expect(expected.contains(.allowed))
    }

    @Test(
        "the four for a developer's machine degrade what it lacks, and hardened nothing",
        arguments: ShippedPolicy.allCases)
    func degraded(_ shipped: ShippedPolicy) throws {
        let policy = try shipped.load()
        #expect(policy.degrade.starts(with: shipped == .hardened ? [] : ["cgroup", "groups"]))
        #expect(policy.files.rootWorkspace == (shipped != .hardened))
        if shipped == .hardened { #expect(policy.relaxations.isEmpty && policy.degrade.isEmpty) }
    }

    @Test("default has the original's list (mcp 1.1)")
    func originalList() throws {
        let entries = try ShippedPolicy.standard.load().commands.allow.map(\.spelling)
        let original = """
            ls dir pwd echo date,cat head tail less more grep find,node,ps top htop free df
            """.split { $0 == " " || $0 == "," }.map(String.init)
        let longer = [
            "git status", "git log", "git diff", "git show", "git ls-files", "git branch", "npm list", "npm run",
            "npm test",
            "npm ci",
        ]
        #expect(Set(entries) == Set(original + longer))
    }

    @Test(
        "what default is for is allowed",
        arguments: [
            ["ls", "-la"], ["git", "status"], ["git", "log", "--oneline", "-5"], ["git", "log", "-Sfunc"],
            ["git", "ls-files", "-co"],
            ["git", "diff", "HEAD~1", "--", "a.c"], ["find", ".", "-name", "*.o", "-type", "f"],
            ["find", ".", "-o", "-print"],
            ["grep", "-rn", "x; rm", "."], ["node", "-e", "1"], ["npm", "run", "build"], ["less", "-R", "x"],
            ["echo", "$(id)", "`id`"],
            ["tail", "-f", "log"], ["git", "branch", "-c", "a", "b"], ["git", "show", "--output-indicator-new=x"],
        ])
    func useful(argv: [String]) throws {
        let decision = try decide(.standard, argv)
        #expect(decision.isAllowed, "\(decision.reasons)")
    }

    @Test(
        "default refuses what got past the original's prefix and its successors' parsers",
        arguments: [
            ("mcp 1.1: another program with an allowed prefix", ["lsof"]),
            ("mcp 1.1: find -exec", ["find", ".", "-exec", "rm", "-rf", "{}", ";"]),
            ("mcp 1.3 #217: a shell around an allowed program", ["sh", "-c", "ls $(id)"]),
            ("mcp 1.3 #218: an absolute path", ["/usr/bin/iptables", "-L"]),
            ("mcp 1.3 #421: quotes around the name", ["\"rm\"", "-rf", "x"]),
            ("mcp 1.3 #421: a wildcard for the name", ["/usr/bin/su*o", "id"]),
            ("mcp 1.3 #422: a newline behind an allowed program", ["ls\nrm", "-rf", "x"]),
            ("mcp 1.3 #497: process substitution", ["cat<(id)"]),
            ("B1: a metacharacter in the first word", ["ls;id"]),
            ("B3: env", ["env", "rm", "x"]), ("B3: nice", ["nice", "rm", "x"]), ("B3: nohup", ["nohup", "rm"]),
            ("B3: timeout", ["timeout", "9", "rm"]), ("B3: xargs", ["xargs", "rm"]),
            ("B3: parallel", ["parallel", "rm"]),
            ("B3: watch", ["watch", "rm"]), ("B3: stdbuf", ["stdbuf", "-o0", "rm"]),
            ("B3: setarch", ["setarch", "x86_64", "rm"]),
            ("B3: busybox", ["busybox", "rm", "x"]), ("B3: flock", ["flock", "x", "rm"]),
            ("B3: script", ["script", "-c", "id"]),
            ("B3: ssh", ["ssh", "-o", "ProxyCommand=id", "x"]),
            ("B3: the loader", ["/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "/usr/bin/rm"]),
            ("B3: find -execdir", ["find", ".", "-execdir", "id", ";"]),
            ("B3: find -ok", ["find", ".", "-ok", "id", ";"]),
            ("B3: find -okdir", ["find", ".", "-okdir", "id", ";"]), ("B3: find -delete", ["find", ".", "-delete"]),
            ("B3: find -fprintf", ["find", ".", "-fprintf", "x", "y"]),
            ("B3: find -fprint0", ["find", ".", "-fprint0", "x"]),
            ("B3: find -fls", ["find", ".", "-fls", "x"]),
            ("B4: an escaped name", ["\\rm"]), ("B4: quotes inside the name", ["r''m"]),
            ("B5: dots in the path", ["/usr/../usr/bin/rm"]), ("B5: a trailing slash", ["/usr/bin/ls/"]),
            ("B5: another case", ["LS"]), ("B5: a look-alike", ["l\u{455}"]),
            ("B6: the same name elsewhere", ["/tmp/cat", "x"]), ("B6: a planted git", ["/tmp/git", "status"]),
            ("B8: python", ["python3", "-c", "1"]), ("B8: awk", ["awk", "BEGIN{system(\"id\")}"]),
            ("B8: vim", ["vim", "-c", "!id"]),
            ("B8: less +!", ["less", "+!id", "x"]), ("B8: less -k", ["less", "-k", "x", "y"]),
            ("B8: less -o", ["less", "-ox", "y"]),
            ("B9: core.pager", ["git", "-c", "core.pager=id", "log"]),
            ("B9: core.sshCommand", ["git", "-c", "core.sshCommand=id", "fetch"]),
            ("B9: alias", ["git", "-c", "alias.x=!id", "x"]),
            ("B9: after another option", ["git", "--no-pager", "-c", "a.b=c", "log"]),
            ("B9: --config-env", ["git", "--config-env=core.pager=X", "log"]),
            ("B9: --exec-path", ["git", "--exec-path=/tmp", "log"]),
            ("B9: --upload-pack", ["git", "fetch", "--upload-pack=id", "x"]),
            ("B9: --upload-pack in a listed command", ["git", "ls-files", "--upload-pack", "id"]),
            ("B9: --ext-diff", ["git", "diff", "--ext-diff"]), ("B9: --output", ["git", "log", "--output=/tmp/x"]),
            ("B9: ext::", ["git", "clone", "ext::sh -c id"]), ("B9: push", ["git", "push"]),
            ("B9: an editor", ["git", "branch", "--edit-description"]),
            ("B9: git's own directory", ["/usr/lib/git-core/git", "-c", "core.pager=id", "log"]),
            ("B10: tar", ["tar", "--checkpoint-action=exec=id"]), ("B10: make", ["make", "SHELL=id"]),
            ("B10: npm lifecycle", ["npm", "install", "x"]), ("B10: npm exec", ["npm", "exec", "id"]),
            ("B11: an abbreviation", ["git", "diff", "--outp=x"]), ("B11: another", ["git", "diff", "--ext"]),
            ("B11: two dashes", ["find", ".", "--exec", "id", ";"]),
            ("B11: a value behind", ["git", "log", "--output", "x"]),
            ("B11: after --", ["git", "diff", "--", "--output=x"]), ("B11: a cluster", ["less", "-Xo", "x"]),
            ("B11: attached", ["git", "-ccore.pager=id", "log"]),
            ("B12: a shell's own word", ["export", "PATH=/tmp"]), ("B19: no command", []), ("B19: an empty name", [""]),
            ("B19: a NUL", ["ls", "a\0b"]),
        ])
    func attacks(attack: String, argv: [String]) throws {
        let decision = try decide(.standard, argv)
        #expect(!decision.isAllowed && decision.verdict != .ask, "\(attack): \(decision.reasons)")
        #expect(!decision.reasons.isEmpty)
    }

    @Test(
        "hardened refuses all of that too, and whatever can start a program",
        arguments: [
            ["node", "-e", "1"], ["less", "x"], ["more", "x"], ["git", "status"], ["npm", "test"],
            ["find", ".", "-exec", "id"],
            ["find", ".", "--execdir", "id"], ["date", "-s", "x"], ["sh", "-c", "ls"], ["lsof"], ["/tmp/cat"],
        ])
    func hardened(argv: [String]) throws {
        #expect(try !decide(.hardened, argv).isAllowed)
    }

    @Test("hardened starts nothing that runs code of its own, except what a rule holds")
    func hardenedRunsNoCode() throws {
        let policy = try ShippedPolicy.hardened.load()
        let host = ShippedPolicy.hardened.host(policy)
        for entry in policy.commands.allow {
            let decision = host.decide(policy, [entry.program])
            #expect(decision.isAllowed)
            #expect(!decision.arbitraryCode || entry.program == "find", "\(entry.program)")
        }
    }

    @Test("ALLOW_ALL_COMMANDS widens default's list, not its rules, and nothing in the others (B18)")
    func environment() throws {
        let all = ["ALLOW_ALL_COMMANDS": "true", "ALLOWED_COMMANDS": "rm"]
        #expect(try decide(.standard, ["rm", "x"], all).isAllowed)
        #expect(try !decide(.standard, ["find", "-delete"], all).isAllowed)
        #expect(try !decide(.hardened, ["rm", "x"], all).isAllowed)
        #expect(try !decide(.claude, ["rm", "x"], all).isAllowed)
        #expect(try !decide(.build, ["curl", "x"], all).isAllowed)
    }

    @Test(
        "build's compiler may start its passes, and a caller may not",
        arguments: ["/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/usr/lib/git-core/git-remote-http"])
    func children(path: String) throws {
        let policy = try ShippedPolicy.build.load()
        let host = ShippedPolicy.build.host(policy)
        let program = try #require(host.resolve(path))
        #expect(host.table(policy).kernelPrograms.contains(program))
        #expect(!host.decide(policy, [path]).isAllowed)
    }

    @Test(
        "the kernel's list never has a program that becomes another user or reaches the network",
        arguments: [ShippedPolicy.standard, .build, .hardened, .claude])
    func kernelList(_ shipped: ShippedPolicy) throws {
        let policy = try shipped.load()
        let names = shipped.host(policy).table(policy).kernelPrograms.map(\.name)
        for name in ["su", "sudo", "ssh", "curl", "mount", "iptables", "busybox", "script"] {
            #expect(!names.contains(name))
        }
    }

    @Test(
        "claude's git refuses what sets or runs a program",
        arguments: [
            ["git", "config", "core.pager", "id"], ["git", "-c", "a.b=c", "status"], ["git", "rebase", "-x", "id"],
            ["git", "rebase", "--exec=id"],
            ["git", "bisect", "run", "id"], ["git", "submodule", "foreach", "id"], ["git", "grep", "-Oid", "x"],
            ["git", "clone", "-c", "a=b", "x"], ["git", "clone", "--template=/tmp", "x"],
            ["git", "push", "--receive-pack=id"],
            ["git", "-C", "x", "filter-branch", "--msg-filter", "id"], ["git", "difftool", "-x", "id"],
            ["git", "fetch", "--upload-p=id"],
        ])
    func claudeGit(argv: [String]) throws {
        #expect(try decide(.claude, argv).reasons.first?.rule == "commands.rule")
    }

    @Test(
        "claude's git does ordinary work",
        arguments: [
            ["git", "commit", "-m", "config run -x"], ["git", "log", "--oneline"], ["git", "add", "config"],
            ["git", "push", "origin", "main"],
            ["git", "rebase", "main"], ["git", "log", "config.txt"], ["git", "clone", "https://example.com/x"],
            ["git", "grep", "x"],
        ])
    func claudeGitWorks(argv: [String]) throws {
        let decision = try decide(.claude, argv)
        #expect(decision.isAllowed, "\(decision.reasons)")
    }

    @Test(
        "no policy but open has a trusted shell, and only build hands strings to one", arguments: ShippedPolicy.allCases
    )
    func shells(_ shipped: ShippedPolicy) throws {
        let expected: ShellUse = shipped == .open ? .trust : shipped == .build ? .check : .refuse
        #expect(try shipped.load().commands.shell == expected)
    }
}
