import Policy
import Testing

@testable import PolicyText

@Suite("A policy written as text")
struct PolicyRenderTests {
    /// A policy without its places and the names of its files.
    private static func settings(_ policy: EffectivePolicy) -> EffectivePolicy {
        var policy = policy
        policy.origins = OriginTable()
        policy.sources = []
        policy.commands.allow = policy.commands.allow.compactMap { CommandEntry($0.spelling, origin: .standard) }
        policy.commands.ask = policy.commands.ask.compactMap { CommandEntry($0.spelling, origin: .standard) }
        for index in policy.commands.rules.indices { policy.commands.rules[index].origin = .standard }
        for index in policy.relaxations.indices { policy.relaxations[index].origin = .standard }
        for index in policy.tests.indices { policy.tests[index].origin = .standard }
        return policy
    }

    private static let everything = """
        schema = 1
        name = "all"
        description = "with \\"quotes\\", \\\\ and a \\t tab \\u001b"
        [commands]
        allow = ["ls", "git status", "/opt/*/x"]
        ask = ["git push"]
        path = ["/bin"]
        shell = "check"
        environment = true
        [[commands.rule]]
        program = "git"
        allow_arguments = ["", "status *"]
        deny_arguments = ["^-c *"]
        children = ["/usr/lib/git-core/*"]
        sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        reason = "a\\nb"
        [files]
        view = "empty"
        workspaces = ["/srv/*"]
        root_workspace = true
        read = ["/srv/tools", "/a \\"b\\""]
        write = ["{workspace}", "{workspace}/out"]
        execute = ["{workspace}/out"]
        hide = ["{workspace}/.env"]
        protect = ["{workspace}/**/.git/hooks"]
        tmp = "3 MB"
        home = "{state}/home/x"
        [network]
        mode = "host"
        ports = [80, 443]
        [limits]
        wall = "90 s"
        grace = "0 ms"
        cpu = "0.25"
        cpu_time = "1 d"
        memory = "1025 KiB"
        swap = "1 B"
        processes = 3
        open_files = 64
        file_size = "0 B"
        output = "1 TiB"
        core = "5 B"
        io = "3 MiB/s"
        [syscalls]
        base = "strict"
        allow = ["@debug"]
        deny = ["personality"]
        [privileges]
        user = "caller"
        [hardening]
        write_execute = false
        speculation = "mitigate"
        proc = "minimal"
        [environment]
        keep = ["LC_*"]
        set = { PAGER = "cat", X = "a\\nb" }
        accept = ["V"]
        [cgroup]
        parent = "/sys/fs/cgroup/x"
        [audit]
        redact = ["*_KEY"]
        [retention]
        ended = "1 min"
        disk = "1 MiB"
        [require]
        degrade = ["cgroup"]
        [[relax]]
        key = "commands.environment"
        reason = "r"
        expires = 2999-01-02
        [[relax]]
        key = "files.root_workspace"
        reason = "r"
        [[relax]]
        key = "files.execute"
        reason = "r"
        [[relax]]
        key = "network.mode"
        reason = "r"
        [[relax]]
        key = "require.degrade.cgroup"
        reason = "r"
        [[test]]
        run = ["ls", ""]
        expect = "exits 3"
        because = "commands.allow"
        """

    @Test("the text of a policy that sets every key gives the same settings")
    func everyKey() throws {
        let policy = try Fixture.load(Self.everything)
        let untouched = SettingTable.all.filter { policy.origins[$0.name] == nil }.map(\.name)
        #expect(
            untouched == ["commands.allow_all", "network.allow", "limits.disk", "privileges.capabilities"])
        let again = try Fixture.load(PolicyText.render(policy))
        #expect(Self.settings(again) == Self.settings(policy))
    }

    @Test("the text of a shipped policy gives the same settings", arguments: ShippedPolicy.allCases)
    func shipped(_ shipped: ShippedPolicy) throws {
        let policy = try shipped.load()
        let again = try Fixture.load(PolicyText.render(policy))
        #expect(Self.settings(again) == Self.settings(policy))
    }

    @Test("the text of the policy that no file sets gives it back")
    func standard() throws {
        var policy = EffectivePolicy()
        policy.name = "p"
        #expect(Self.settings(try Fixture.load(PolicyText.render(policy))) == policy)
    }

    @Test("each key says where it was set, and each element of a list that comes from several lines")
    func places() throws {
        let base = "schema = 1\nfiles.hide = [\"/a\"]\nlimits.wall = \"1 h\"\n"
        let later = "schema = 1\nextends = [\"base\"]\n[files]\nhide = [\"/b\"]\n"
        let text = PolicyText.render(try Fixture.load(later, others: ["base": base]))
        #expect(text.contains("\nwall = \"1 h\"  # base.toml:3\n"))
        #expect(text.contains("\ngrace = \"2 s\"  # default\n"))
        #expect(text.contains("\nhide = [  # p.toml:4\n    \"/a\",  # base.toml:2\n    \"/b\",  # p.toml:4\n]\n"))
    }

    @Test("the path of a file can't end its comment")
    func hostilePath() throws {
        let source = PolicySource(path: "a\nname = \"x\"", text: "schema = 1\nname = \"y\"")
        let policy = try PolicyLoader.load(source, today: Fixture.today) { _ in nil }
        #expect(try Fixture.load(PolicyText.render(policy)).name == "y")
    }
}
