import Policy
import PolicyText
import Testing

@Suite("S-19: errors of policy files")
struct PolicyErrorTests {
    /// A policy with the lines behind a correct first one, so that they begin in line 2.
    private func errors(_ lines: String) -> [String] {
        Fixture.errors("schema = 1\n" + lines + "\n")
    }

    @Test(
        "a slip is named with file, line, column, key and the nearest valid spelling",
        arguments: [
            ("nmae = \"x\"", "p.toml:2:1: nmae: unknown key; did you mean \"name\"?"),
            ("[limts]\nwall = \"1 s\"", "p.toml:2:2: limts: unknown table; did you mean \"limits\"?"),
            ("[commands]\n  alow = []", "p.toml:3:3: commands.alow: unknown key; did you mean \"allow\"?"),
            ("commands.alow = []", "p.toml:2:10: commands.alow: unknown key; did you mean \"allow\"?"),
            (
                "[commands]\nmemory = \"1 GiB\"",
                "p.toml:3:1: commands.memory: unknown key; it belongs into another table; did you mean \"limits.memory\"?"
            ),
            (
                "[commands]\nshell = \"chekc\"",
                "p.toml:3:9: commands.shell: \"chekc\" is none of \"refuse\", \"check\", \"trust\"; did you mean \"check\"?"
            ),
            (
                "[limits]\nwall = \"30 mins\"",
                "p.toml:3:8: limits.wall: \"30 mins\" has no unit that is known: ms, s, min, h, d; did you mean \"30 min\"?"
            ),
            (
                "[[commands.rule]]\nprogram = \"git\"\nreson = \"x\"\nreason = \"x\"\nchildren = [\"a\"]",
                "p.toml:4:1: commands.rule.reson: unknown key; did you mean \"reason\"?"
            ),
            (
                "[[test]]\nrun = [\"a\"]\nexpect = \"refusd\"",
                "p.toml:4:10: test.expect: \"refusd\" is nothing that a test can expect; "
                    + "write refused, allowed, blocked or exits N, 0 to 255; did you mean \"refused\"?"
            ),
            (
                "[[test]]\nrun = [\"a\"]\nexpect = \"refused\"\nbecause = \"commands.rules\"",
                "p.toml:5:11: test.because: \"commands.rules\" is no key; did you mean \"commands.rule\"?"
            ),
            (
                "[files]\nwrite = [\"{workspce}/x\"]",
                "p.toml:3:10: files.write: \"{workspce}/x\" begins with a placeholder; known here is {workspace}; "
                    + "did you mean \"{workspace}/x\"?"
            ),
            (
                "[files]\nwrite = [\n  \"{workspace}\",\n  \"/srv//x/\",\n]",
                "p.toml:5:3: files.write: \"/srv//x/\" has an empty component or . in it; did you mean \"/srv/x\"?"
            ),
        ])
    func slips(lines: String, expected: String) {
        #expect(errors(lines) == [expected])
    }

    @Test(
        "a value of another type is refused where it stands",
        arguments: [
            ("name = 3", "2:8: name: this must be a name, and it is an integer"),
            ("commands = 1", "2:12: commands: this must be a table, written [commands], and it is an integer"),
            ("[[limits]]\nwall = \"1 s\"", "2:3: limits: this must be a table, written [limits], and it is an array"),
            ("[commands]\nallow = \"ls\"", "3:9: commands.allow: this must be a list in [ ], and it is a string"),
            (
                "[commands]\nallow_all = \"true\"",
                "3:13: commands.allow_all: this must be true or false, and it is a string"
            ),
            (
                "[commands]\nenvironment = 1",
                "3:15: commands.environment: this must be true or false, and it is an integer"
            ),
            (
                "[limits]\nwall = 30",
                "3:8: limits.wall: this must be a duration such as \"30 min\", as text, and it is an integer"
            ),
            ("[limits]\nprocesses = \"9\"", "3:13: limits.processes: this must be a whole number, and it is a string"),
            ("[limits]\nprocesses = 1.5", "3:13: limits.processes: this must be a whole number, and it is a fraction"),
            (
                "[limits]\ncpu = nan",
                "3:7: limits.cpu: this must be a number of cores such as \"2.0\", as text, and it is a fraction"
            ),
            ("[commands]\nrule = { program = \"git\" }", "3:8: commands.rule: this must be an array of tables"),
            ("extends = \"default\"", "2:11: extends: this must be a list such as [\"default\"], and it is a string"),
            (
                "[environment]\nset = [\"A=b\"]",
                "3:7: environment.set: this must be a table such as { PAGER = \"cat\" }"
            ),
            ("[environment]\nset = { A = 1 }", "3:13: environment.set: this must be text, and it is an integer"),
            (
                "[[relax]]\nkey = \"limits.wall\"\nreason = \"x\"\nexpires = 2030",
                "5:11: relax.expires: this must be a day"
            ),
        ])
    func wrongTypes(lines: String, expected: String) {
        let found = errors(lines)
        #expect(found.count == 1 && found[0].hasPrefix("p.toml:\(expected)"), "\(found)")
    }

    @Test(
        "an impossible value is refused",
        arguments: [
            ("[limits]\nmemory = \"0 B\"", "limits.memory"), ("[limits]\nmemory = \"-1 GiB\"", "limits.memory"),
            ("[limits]\nmemory = \"99999999999999 GiB\"", "limits.memory"),
            ("[limits]\nmemory = \"2 GX\"", "limits.memory"),
            ("[limits]\nwall = \"0 s\"", "limits.wall"), ("[limits]\nwall = \"999999999 d\"", "limits.wall"),
            ("[limits]\ncpu = \"0\"", "limits.cpu"), ("[limits]\ncpu = \"-1\"", "limits.cpu"),
            ("[limits]\nprocesses = 0", "limits.processes"), ("[limits]\nopen_files = -1", "limits.open_files"),
            ("[limits]\noutput = \"0 B\"", "limits.output"), ("[files]\ntmp = \"0 B\"", "files.tmp"),
            ("[network]\nmode = \"loopback\"\nports = [0]", "network.ports"),
            ("[network]\nmode = \"loopback\"\nports = [65536]", "network.ports"),
            ("[network]\nmode = \"loopback\"\nports = [-1]", "network.ports"),
            ("[files]\nread = [\"srv\"]", "files.read"), ("[files]\nread = [\"/srv/../etc\"]", "files.read"),
            ("[files]\nread = [\"~/x\"]", "files.read"), ("[files]\nread = [\"{workspace}/../x\"]", "files.read"),
            ("[files]\nread = [\"/srv/*\"]", "files.read"), ("[files]\nhide = [\"{workspace}/**/x\"]", "files.hide"),
            ("[files]\nprotect = [\"{workspace}/*.c\"]", "files.protect"), ("[files]\nwrite = [\"/\"]", "files.write"),
            ("[files]\nwrite = [\"/sys/fs/cgroup\"]", "files.write"), ("[files]\nwrite = [\"{state}\"]", "files.write"),
            ("[files]\nwrite = [\"/x{workspace}\"]", "files.write"), ("[files]\nhome = \"{state}\"", "files.home"),
            ("[files]\nhome = \"{state}/tasks\"", "files.home"),
            ("[files]\nworkspaces = [\"/srv/**\"]", "files.workspaces"),
            ("[commands]\npath = []", "commands.path"), ("[commands]\npath = [\"bin\"]", "commands.path"),
            ("[commands]\npath = [\"{workspace}/bin\"]", "commands.path"),
            ("[commands]\npath = [\"/a:/b\"]", "commands.path"),
            ("[commands]\nallow = [\"\"]", "commands.allow"), ("[commands]\nallow = [\"./x\"]", "commands.allow"),
            ("[commands]\nallow = [\"ls;\"]", "commands.allow"),
            ("[commands]\nallow = [\"git 'log'\"]", "commands.allow"),
            ("[commands]\nallow = [\"git log *\"]", "commands.allow"),
            ("[commands]\nallow = [\"g*\"]", "commands.allow"),
            ("[commands]\nallow = [\"/usr/../bin/x\"]", "commands.allow"),
            ("[commands]\nask = [\"$(x)\"]", "commands.ask"),
            ("cgroup.parent = \"relative\"", "cgroup.parent"), ("audit.redact = [\"*\"]", "audit.redact"),
            ("name = \"../x\"", "name"), ("name = \"\"", "name"), ("syscalls.deny = [\"a b\"]", "syscalls.deny"),
            ("require.degrade = [\"seccomp\"]", "require.degrade"),
        ])
    func impossible(lines: String, key: String) {
        let found = errors(lines)
        #expect(found.count == 1 && found[0].contains(": \(key): "), "\(found)")
    }

    @Test(
        "what this version can't enforce is refused and not ignored",
        arguments: [
            "limits.disk = \"4 GiB\"", "network.mode = \"egress\"",
            "network.allow = [\"a.example:443\"]", "privileges.capabilities = [\"NET_BIND_SERVICE\"]",
        ])
    func notEnforced(line: String) {
        let found = errors(line)
        #expect(found.count == 1 && found[0].contains("not enforced by this version"), "\(found)")
    }

    @Test("a limit on the disk is refused with what holds instead")
    func disk() {
        #expect(errors("limits.disk = \"4 GiB\"").first?.contains("project quota") == true)
    }

    @Test(
        "variables of loaders and interpreters can be neither kept nor accepted (C1 to C4)",
        arguments: [
            "LD_PRELOAD", "BASH_ENV", "GIT_SSH_COMMAND", "PYTHONPATH", "NODE_OPTIONS", "L*", "*", "PATH", "HOME", "A=B",
        ])
    func environmentNames(name: String) {
        #expect(errors("environment.keep = [\"\(name)\"]").count == 1)
        #expect(errors("environment.accept = [\"\(name)\"]").count == 1)
    }

    @Test("`environment.set` gives fixed values, though never to what the loader reads or the view decides")
    func environmentSet() {
        #expect(errors("environment.set = { GIT_PAGER = \"cat\", PAGER = \"cat\" }").isEmpty)
        for name in ["LD_PRELOAD", "GLIBC_TUNABLES", "PATH", "HOME", "TMPDIR", "'A B'"] {
            #expect(errors("environment.set = { \(name) = \"x\" }").count == 1, "\(name)")
        }
    }

    @Test(
        "a widening needs a [[relax]] that names it",
        arguments: [
            ("commands.allow_all = true", "commands.allow_all"),
            ("commands.environment = true", "commands.environment"),
            ("network.mode = \"host\"", "network.mode"), ("files.execute = [\"{workspace}\"]", "files.execute"),
            ("files.root_workspace = true", "files.root_workspace"),
            ("require.degrade = [\"cgroup\"]", "require.degrade.cgroup"),
        ])
    func widenings(line: String, key: String) {
        let found = errors(line)
        #expect(found.count == 1 && found[0].contains(": \(key): this widens"), "\(found)")
        #expect(found[0].contains("key = \"\(key)\""))
        #expect(errors("\(line)\n[[relax]]\nkey = \"\(key)\"\nreason = \"tried\"").isEmpty)
    }

    @Test("each degraded layer needs a reason of its own")
    func oneReasonEach() {
        let found = errors(
            "require.degrade = [\"cgroup\", \"groups\"]\n[[relax]]\nkey = \"require.degrade.cgroup\"\nreason = \"x\"")
        #expect(found.count == 1 && found[0].contains("require.degrade.groups"), "\(found)")
        #expect(
            errors("require.degrade = [\"cgroup\"]\n[[relax]]\nkey = \"require.degrade\"\nreason = \"x\"").count == 1)
    }

    @Test(
        "a relaxation without a reason, past its day or of nothing that is there is refused",
        arguments: [
            ("key = \"limits.wall\"", "relax.reason: this key is missing"),
            ("key = \"limits.wall\"\nreason = \" \"", "relax.reason: \" \" is no reason"),
            ("reason = \"x\"", "relax.key: this key is missing"),
            (
                "key = \"limits.wall\"\nreason = \"x\"\nexpires = \"2020-02-02\"",
                "relax.expires: this relaxation ended on 2020-02-02"
            ),
            (
                "key = \"limits.wall\"\nreason = \"x\"\nexpires = \"2027-02-30\"",
                "relax.expires: \"2027-02-30\" is no day"
            ),
            ("key = \"limits.wal\"\nreason = \"x\"", "relax.key: \"limits.wal\" is no key"),
            ("key = \"require.degrade.cgroup\"\nreason = \"x\"", "relax.key: \"require.degrade.cgroup\" is no key"),
        ])
    func relaxations(lines: String, expected: String) {
        let found = errors("[[relax]]\n\(lines)")
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test("a relaxation holds through its last day", arguments: [(-1, false), (0, true), (1, true)])
    func lastDay(offset: Int, expected: Bool) {
        let day = CalendarDate(unixSeconds: 1_795_000_000 + Int64(offset) * 86_400)
        let text = "[[relax]]\nkey = \"limits.wall\"\nreason = \"x\"\nexpires = \"\(day)\""
        #expect(errors(text).isEmpty == expected)
        #expect(errors(text.replacing("\"\(day)\"", with: "\(day)")).isEmpty == expected, "as a TOML date")
    }

    @Test("a rule needs a program, a reason and something to ask for")
    func rules() {
        #expect(errors("[[commands.rule]]\nprogram = \"git\"\nchildren = [\"a\"]").count == 1)
        #expect(errors("[[commands.rule]]\nreason = \"x\"\nchildren = [\"a\"]").count == 1)
        #expect(errors("[[commands.rule]]\nprogram = \"git\"\nreason = \"x\"")[0].contains("asks for nothing"))
        #expect(errors("[[commands.rule]]\nprogram = \"/usr/*/git\"\nreason = \"x\"\nchildren = [\"a\"]").count == 1)
        #expect(errors("[[commands.rule]]\nprogram = \"git\"\nreason = \"x\"\ndeny_arguments = [\"-c **\"]").count == 1)
        #expect(errors("[[commands.rule]]\nprogram = \"git\"\nreason = \"x\"\nchildren = [\"../x\"]").count == 1)
        #expect(errors("[[commands.rule]]\nprogram = \"git\"\nreason = \"x\"\nsha256 = \"abc\"").count == 1)
    }

    @Test("keys that mean something only together are refused alone")
    func togetherOnly() {
        #expect(errors("commands.shell = \"trust\"")[0].contains("did you mean \"check\"?"))
        #expect(errors("network.ports = [443]")[0].contains("network.mode = \"host\""))
        let text =
            "files.write = []\nfiles.execute = [\"{workspace}\"]\n[[relax]]\nkey = \"files.execute\"\nreason = \"x\""
        #expect(errors(text)[0].contains("is no place of files.write (p.toml:2:7)"))
    }

    @Test("without `schema = 1` nothing is believed", arguments: ["", "schema = 2", "schema = \"1\"", "schema = 1.0"])
    func schema(text: String) {
        #expect(Fixture.errors(text).count == 1)
        #expect(Fixture.errors(text)[0].contains(": schema: "))
    }

    @Test("all errors of a file are listed, in the order of their places")
    func allErrors() {
        let found = errors("nmae = \"x\"\n[limits]\nwall = 1\nmemory = \"0 B\"\n[commands]\nalow = []")
        #expect(
            found.map { $0.split(separator: " ")[0] } == ["p.toml:2:1:", "p.toml:4:8:", "p.toml:5:10:", "p.toml:7:1:"])
    }

    @Test(
        "what is no TOML is refused where it stops being TOML",
        arguments: [
            ("schema = 1\nname = \n", "p.toml:2:8:"), ("schema = 1\nname = x\n", "p.toml:2:8:"),
            ("schema = 1\nschema = 1\n", "p.toml:2:10:"), ("schema = 1\n[limits]\n[limits]\n", "p.toml:3:1:"),
            ("schema = 1\nname = \"x\ny\"\n", "p.toml:2:10:"), ("schema = 1 2\n", "p.toml:1:12:"),
            ("schema = 1\nname = \"a\\u0000b\"\n", "p.toml:2:10:"), ("\u{FEFF}schema = 1\n", "p.toml:1:1:"),
            ("schema = 1\n\"a\" = 1\n'a' = 2\n", "p.toml:3:7:"), ("schema = 99999999999999999999", "p.toml:1:"),
            ("schema = 1\r\nname = 1\r2\r\n", "p.toml:2:9:"), ("schema = 1\n# \u{1}\n", "p.toml:2:3:"),
        ])
    func syntax(text: String, place: String) {
        let found = Fixture.errors(text)
        #expect(found.count == 1 && found[0].hasPrefix(place), "\(found)")
    }

    @Test("bytes that are no text are refused with their place")
    func bytes() {
        func error(_ bytes: [UInt8]) -> String {
            do throws(PolicyErrors) {
                _ = try PolicyLoader.load(PolicySource(path: "p", text: bytes), today: Fixture.today) { _ in nil }
                return ""
            } catch { return error.description }
        }
        #expect(error(Array("schema = 1\n# ".utf8) + [0xFF]).hasPrefix("p:2:3: this is not UTF-8"))
        #expect(error(Array("# é".utf8) + [0xC3]).hasPrefix("p:1:4: this is not UTF-8"))
        #expect(error(Array("schema = 1\n\0".utf8)).hasPrefix("p:2:1: the file contains a NUL"))
        #expect(error([UInt8](repeating: 10, count: 1 << 20 + 1)) == "p: the file is larger than 1 MiB")
        #expect(error(Array("schema = 1\n".utf8) + [UInt8](repeating: 10, count: 1 << 20 - 11)).isEmpty)
    }

    @Test("ends of lines may be those of other systems")
    func otherLineEnds() throws {
        let policy = try Fixture.load("schema = 1\r\n[limits]\r\nwall = \"1 s\" # x\r\n")
        #expect(policy.limits.wall == .seconds(1))
        #expect(policy.origins["limits.wall"]?.description == "p.toml:3:1")
    }

    @Test("an error message has no control characters of the file in it")
    func visibleErrors() {
        let found = errors("name = \"\\u001b[2J\"\n\"\\u001b[31m\" = 1")
        #expect(found.count == 2)
        #expect(!found.joined().contains("\u{1b}"))
    }
}
