import Policy
import Testing

@testable import PolicyText

@Suite("Policies that extend others")
struct PolicyLoaderTests {
    private static let base = """
        schema = 1
        name = "base"
        description = "the base"
        [commands]
        allow = ["ls", "git", "cat"]
        ask = ["git push"]
        [files]
        read = ["/srv"]
        workspaces = ["/srv/*"]
        hide = ["{workspace}/.env"]
        home = "{state}/home"
        [limits]
        memory = "1 GiB"
        [environment]
        keep = ["LC_*", "TERM"]
        set = { PAGER = "cat" }
        [retention]
        ended = "2 h"
        [[test]]
        run = ["ls"]
        expect = "allowed"
        """

    private func load(_ lines: String) throws(PolicyErrors) -> EffectivePolicy {
        try Fixture.load("schema = 1\nextends = [\"base\"]\n" + lines, others: ["base": Self.base])
    }

    private func errors(_ lines: String) -> [String] {
        Fixture.errors("schema = 1\nextends = [\"base\"]\n" + lines, others: ["base": Self.base])
    }

    @Test("a key that the later file does not set keeps its value and its place")
    func unsetKeys() throws {
        let policy = try load("")
        #expect(policy.limits.memory == .gibibytes(1))
        #expect(policy.origins["limits.memory"]?.description == "base.toml:13:1")
        #expect(policy.origins["commands.allow.git"]?.description == "base.toml:5:16")
        #expect(policy.sources == ["base.toml", "p.toml"])
    }

    @Test("name, description and tests are the last file's, and a file without a name is called as it is")
    func lastFile() throws {
        let policy = try load("retention.ended = \"3 h\"")
        #expect(policy.name == "p")
        #expect(policy.description.isEmpty)
        #expect(policy.tests.isEmpty)
        #expect(policy.retention.ended == .minutes(180))
        #expect(policy.retention.disk == .gibibytes(10))
    }

    @Test("what narrows is taken, with the place of the later file")
    func narrowing() throws {
        let policy = try load(
            """
            [commands]
            allow = ["git status", "ls"]
            ask = ["cat"]
            [files]
            read = ["/srv/a"]
            workspaces = ["/srv/b"]
            hide = ["{workspace}/x"]
            home = "{state}/home/c"
            [limits]
            memory = "1 MiB"
            [environment]
            keep = ["LC_ALL"]
            set = { PAGER = "more", X = "1" }
            """)
        #expect(policy.commands.allow.map(\.spelling) == ["git status", "ls"])
        #expect(policy.commands.ask.map(\.spelling) == ["git push", "cat"])
        #expect(policy.files.read == ["/srv/a"])
        #expect(policy.files.hide == ["{workspace}/.env", "{workspace}/x"])
        #expect(policy.files.home == "{state}/home/c")
        #expect(policy.environment.keep == ["LC_ALL"])
        #expect(policy.environment.set.map(\.assignment) == ["PAGER=more", "X=1"])
        #expect(policy.origins["limits.memory"]?.description == "p.toml:12:1")
        #expect(policy.origins["files.hide.{workspace}/.env"]?.file == "base.toml")
        #expect(policy.origins["files.hide.{workspace}/x"]?.file == "p.toml")
        #expect(policy.origins["commands.allow.cat"] == nil)
        #expect(policy.origins["environment.keep.TERM"] == nil)
    }

    @Test(
        "what widens is an error that names both places, unless a [[relax]] names the key",
        arguments: [
            ("commands.allow = [\"ls\", \"rm\"]", "commands.allow.rm", "p.toml:3:25", "base.toml:5:1"),
            ("commands.ask = [\"rm\"]", "commands.ask.rm", "p.toml:3:17", "base.toml:6:1"),
            ("commands.path = [\"/opt/bin\"]", "commands.path./opt/bin", "p.toml:3:18", "default"),
            ("commands.path = [\"/bin\", \"/usr/bin\"]", "commands.path", "p.toml:3:10", "default"),
            ("commands.shell = \"check\"", "commands.shell", "p.toml:3:10", "default"),
            ("files.read = [\"/etc\"]", "files.read./etc", "p.toml:3:15", "base.toml:8:1"),
            ("files.write = [\"/srv/x\"]", "files.write./srv/x", "p.toml:3:16", "default"),
            ("files.workspaces = []", "files.workspaces", "p.toml:3:7", "base.toml:9:1"),
            ("files.workspaces = [\"/home/*\"]", "files.workspaces./home/*", "p.toml:3:21", "base.toml:9:1"),
            ("files.home = \"/srv/home\"", "files.home", "p.toml:3:7", "base.toml:11:1"),
            ("files.tmp = \"1 GiB\"", "files.tmp", "p.toml:3:7", "default"),
            ("limits.memory = \"2 GiB\"", "limits.memory", "p.toml:3:8", "base.toml:13:1"),
            ("limits.processes = 257", "limits.processes", "p.toml:3:8", "default"),
            ("network.mode = \"loopback\"", "network.mode", "p.toml:3:9", "default"),
            ("environment.keep = [\"LANG\"]", "environment.keep.LANG", "p.toml:3:21", "base.toml:15:1"),
            ("environment.accept = [\"X\"]", "environment.accept.X", "p.toml:3:23", "default"),
            (
                "environment.set = { GIT_SSH_COMMAND = \"x\" }", "environment.set.GIT_SSH_COMMAND", "p.toml:3:21",
                "base.toml:16:1"
            ),
            ("privileges.user = \"caller\"", "privileges.user", "p.toml:3:12", "default"),
            ("syscalls.allow = [\"@debug\"]", "syscalls.allow.@debug", "p.toml:3:19", "default"),
            ("syscalls.base = \"other\"", "syscalls.base", "p.toml:3:10", "default"),
            (
                "[[commands.rule]]\nprogram = \"git\"\nreason = \"x\"\nchildren = [\"rm\"]",
                "commands.rule.children.rm",
                "p.toml:6:13", "default"
            ),
        ])
    func widening(line: String, key: String, place: String, before: String) {
        let limit = before == "default" ? "what holds where no file says anything" : "what \(before) allows"
        let expected = "\(place): \(key): this is wider than \(limit)"
        let found = errors(line)
        #expect(found.count == 1 && found[0].hasPrefix(expected), "\(found)")
        #expect(errors("\(line)\n[[relax]]\nkey = \"\(key)\"\nreason = \"tried\"").isEmpty)
        #expect(!errors("\(line)\n[[relax]]\nkey = \"limits.wall\"\nreason = \"tried\"").isEmpty)
    }

    @Test("a relaxation of an earlier file does not let a later one widen")
    func relaxationsAreNotInherited() {
        let base = "schema = 1\nlimits.memory = \"1 GiB\"\n[[relax]]\nkey = \"limits.memory\"\nreason = \"x\""
        let later = "schema = 1\nextends = [\"base\"]\nlimits.memory = \"2 GiB\""
        #expect(Fixture.errors(later, others: ["base": base]).count == 1)
    }

    @Test("a widening that an earlier file gave a reason for can be said again without one")
    func inheritedReason() throws {
        let base = "schema = 1\nnetwork.mode = \"host\"\n[[relax]]\nkey = \"network.mode\"\nreason = \"x\""
        let later = "schema = 1\nextends = [\"base\"]\nnetwork.mode = \"host\"\nnetwork.ports = [443]"
        #expect(try Fixture.load(later, others: ["base": base]).network.ports.map(\.number) == [443])
    }

    @Test("reasons for what a later file takes back are gone, and those for what stays are kept")
    func reasonsInEffect() throws {
        let base = """
            schema = 1
            commands.environment = true
            require.degrade = ["cgroup", "groups"]
            [[relax]]
            key = "commands.environment"
            reason = "a"
            [[relax]]
            key = "require.degrade.cgroup"
            reason = "b"
            [[relax]]
            key = "require.degrade.groups"
            reason = "c"
            """
        let later = "schema = 1\nextends = [\"base\"]\ncommands.environment = false\nrequire.degrade = [\"groups\"]"
        let policy = try Fixture.load(later, others: ["base": base])
        #expect(policy.relaxations.map(\.reason) == ["c"])
        #expect(try Fixture.load(PolicyText.render(policy)).degrade == ["groups"])
    }

    @Test("a smaller network needs no ports, and taking `allow_all` back leaves no trusted shell")
    func dependentKeys() throws {
        let base = """
            schema = 1
            commands.allow_all = true
            commands.shell = "trust"
            network.mode = "host"
            network.ports = [443]
            [[relax]]
            key = "network.mode"
            reason = "x"
            [[relax]]
            key = "commands.allow_all"
            reason = "x"
            """
        let later =
            "schema = 1\nextends = [\"base\"]\nnetwork.mode = \"none\"\ncommands.allow_all = false\ncommands.allow = [\"rm\"]"
        let policy = try Fixture.load(later, others: ["base": base])
        #expect(policy.network.ports.isEmpty)
        #expect(policy.commands.shell == .check)
        #expect(policy.commands.allow.map(\.spelling) == ["rm"])
    }

    @Test("files are merged in order, and one that is reached twice counts once")
    func order() throws {
        let others = [
            "a": "schema = 1\nextends = [\"c\"]\nlimits.wall = \"9 s\"",
            "b": "schema = 1\nextends = [\"c\"]\nlimits.wall = \"8 s\"",
            "c": "schema = 1\nlimits.wall = \"10 s\"",
        ]
        let policy = try Fixture.load("schema = 1\nextends = [\"a\", \"b\"]", others: others)
        #expect(policy.sources == ["c.toml", "a.toml", "b.toml", "p.toml"])
        #expect(policy.limits.wall == .seconds(8))
    }

    @Test("a circle is refused where it closes, and named")
    func circles() {
        let others = ["a": "schema = 1\nextends = [\"b\"]", "b": "schema = 1\nextends = [\n\"a\"]"]
        let found = Fixture.errors("schema = 1\nextends = [\"a\"]", others: others)
        #expect(found == ["b.toml:3:1: extends: the files extend each other in a circle: a.toml -> b.toml -> a.toml"])
        let own = Fixture.errors("schema = 1\nextends = [\"p\"]", others: ["p": ""])
        #expect(own == ["p.toml:2:12: extends: the files extend each other in a circle: p.toml -> p.toml"])
    }

    @Test("ten files may extend each other in a row, and eleven may not", arguments: [(10, 0), (11, 1)])
    func depth(count: Int, expected: Int) {
        var others: [String: String] = ["f\(count)": "schema = 1"]
        for number in 1..<count { others["f\(number)"] = "schema = 1\nextends = [\"f\(number + 1)\"]" }
        #expect(Fixture.errors("schema = 1\nextends = [\"f1\"]", others: others).count == expected)
    }

    @Test("a name that stands for no file is refused, and what the look-up says is passed on")
    func lookUp() {
        #expect(
            Fixture.errors("schema = 1\nextends = [\"nope\"]") == ["p.toml:2:12: extends: there is no policy \"nope\""])
        let problem = PolicyError(file: "/etc/x.toml", problem: "others can write this file", remedy: "chmod go-w it")
        let errors = #expect(throws: PolicyErrors.self) {
            try PolicyLoader.load(
                PolicySource(path: "p.toml", text: "schema = 1\nextends = [\"x\"]"), today: Fixture.today
            ) { (_) throws(PolicyError) in throw problem }
        }
        #expect(errors?.errors == [problem])
        #expect(problem.description == "/etc/x.toml: others can write this file; chmod go-w it")
    }

    @Test("what is wrong in an extended file is told before what is wrong in the one that extends it")
    func errorsOfBoth() {
        let found = Fixture.errors("schema = 1\nextends = [\"a\"]\nnmae = 1", others: ["a": "schema = 1\nnmae = 1"])
        #expect(found.map { $0.prefix(6) } == ["a.toml", "p.toml"])
    }
}
