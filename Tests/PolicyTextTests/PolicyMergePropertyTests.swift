import Policy
import Testing

@testable import PolicyText

/// Random policies, merged, against what each of them allows.
@Suite("The algebra of merging")
struct PolicyMergePropertyTests {
    private static let programs = ["ls", "git", "cat", "rm", "sh", "/usr/bin/ls"]
    private static let words = ["status", "push", "-c", "--force", "x"]
    private static let places = ["{workspace}", "{workspace}/a", "/srv", "/srv/a", "/srv/a/b", "/opt"]
    private static let variables = ["LANG", "LC_*", "LC_ALL", "TERM", "T*", "X"]

    /// A policy that sets some of the keys, as if a file had. A wide one sets more and allows more, so that a later one that
    /// is not wide has a chance to be narrower.
    private static func random(_ random: inout FixedRandom, _ file: String, isWide: Bool) -> EffectivePolicy {
        var policy = EffectivePolicy()
        policy.sources = [file]
        let place = Origin(file: file, line: 1, column: 1)
        for setting in SettingTable.all where Int.random(in: 0..<(isWide ? 2 : 6), using: &random) == 0 {
            policy.origins[setting.name] = place
        }
        func some<Element>(_ list: [Element], _ random: inout FixedRandom) -> [Element] {
            list.filter { _ in Int.random(in: 0..<4, using: &random) < (isWide ? 3 : 1) }
        }
        func isSet(_ key: String) -> Bool { policy.origins[key] != nil }
        func entries(_ random: inout FixedRandom) -> [CommandEntry] {
            some(programs, &random).compactMap { program in
                let word =
                    Int.random(in: 0..<5, using: &random) < (isWide ? 1 : 3)
                    ? " " + (words.randomElement(using: &random) ?? "") : ""
                return CommandEntry(program + word, origin: place)
            }
        }
        if isSet("commands.allow") { policy.commands.allow = entries(&random) }
        if isSet("commands.ask") { policy.commands.ask = entries(&random) }
        if isSet("commands.allow_all") { policy.commands.allowAll = Bool.random(using: &random) }
        if isSet("commands.rule") {
            policy.commands.rules = some(programs, &random).map { program in
                var rule = CommandRule(program: program, reason: "x", origin: place)
                rule.denyArguments = some(words, &random)
                rule.allowArguments = some(["*", "status *", "push"], &random)
                rule.children = some(programs, &random)
                return rule
            }
        }
        if isSet("commands.shell") {
            policy.commands.shell = ShellUse.allCases.randomElement(using: &random) ?? .refuse
        }
        if isSet("files.read") { policy.files.read = some(places, &random) }
        if isSet("files.write") { policy.files.write = some(places, &random) }
        if isSet("files.execute") { policy.files.execute = some(places, &random) }
        if isSet("files.hide") { policy.files.hide = some(places, &random) }
        if isSet("files.protect") { policy.files.protect = some(places, &random) }
        if isSet("files.workspaces") { policy.files.workspaces = some(["/srv/*", "/srv/a", "/opt/*"], &random) }
        if isSet("files.home") {
            policy.files.home = ["fresh", "/srv", "/srv/a", "/opt"].randomElement(using: &random) ?? "fresh"
        }
        if isSet("files.view") { policy.files.view = Bool.random(using: &random) ? .empty : .system }
        if isSet("files.root_workspace") { policy.files.rootWorkspace = Bool.random(using: &random) }
        if isSet("network.mode") {
            policy.network.mode = [.none, .loopback, .host].randomElement(using: &random) ?? .none
        }
        if isSet("network.ports") { policy.network.ports = some([22, 80, 443], &random).compactMap { PortNumber($0) } }
        if isSet("limits.memory") { policy.limits.memory = .gibibytes(UInt64.random(in: 1...4, using: &random)) }
        if isSet("limits.wall") { policy.limits.wall = .minutes(UInt64.random(in: 10...50, using: &random)) }
        if isSet("limits.processes") { policy.limits.processes = UInt64.random(in: 100...400, using: &random) }
        if isSet("hardening.write_execute") { policy.hardening.writeExecute = Bool.random(using: &random) }
        if isSet("hardening.proc") { policy.hardening.proc = Bool.random(using: &random) ? .own : .minimal }
        if isSet("syscalls.base") { policy.syscalls.base = Bool.random(using: &random) ? "strict" : "default" }
        if isSet("syscalls.allow") { policy.syscalls.allow = some(["a", "b"], &random) }
        if isSet("syscalls.deny") { policy.syscalls.deny = some(["a", "b", "c"], &random) }
        if isSet("environment.keep") { policy.environment.keep = some(variables, &random) }
        if isSet("environment.accept") { policy.environment.accept = some(variables, &random) }
        if isSet("require.degrade") { policy.degrade = some(["cgroup", "groups", "mask"], &random) }
        return policy
    }

    /// The merged policy where the later file widens nothing of the earlier one; missing reasons do not count here.
    private static func merged(_ base: EffectivePolicy, _ later: EffectivePolicy) -> EffectivePolicy? {
        var merge = PolicyMerge()
        merge.add(base)
        merge.add(later)
        return merge.errors.contains { $0.problem.contains("wider than") } ? nil : merge.policy
    }

    @Test("merging never allows a command that the earlier policy refused", arguments: 0..<16)
    func commands(seed: UInt64) {
        let host = FakeHost(["ls", "git", "cat", "rm", "sh"])
        var random = FixedRandom(seed: seed + 1)
        var merges = 0
        for _ in 0..<400 {
            let base = Self.random(&random, "base.toml", isWide: true)
            guard let merged = Self.merged(base, Self.random(&random, "later.toml", isWide: false)) else { continue }
            merges += 1
            let (before, after) = (host.table(base), host.table(merged))
            for _ in 0..<20 {
                let count = Int.random(in: 0...3, using: &random)
                let name = ["ls", "git", "cat", "rm", "sh"].randomElement(using: &random) ?? "ls"
                let argv = [name] + (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }
                let (old, new) = (
                    before.decide(argv: argv, program: host.resolve(name)),
                    after.decide(argv: argv, program: host.resolve(name))
                )
                if new.isAllowed { #expect(old.isAllowed, "\(argv)") }
                if new.verdict == .ask { #expect(old.verdict != .refused, "\(argv)") }
            }
            if before.allowAll == nil {
                #expect(after.allowAll == nil)
                #expect(after.kernelPrograms.allSatisfy { before.kernelPrograms.contains($0) })
            }
        }
        #expect(merges > 20, "too few merges to say anything")
    }

    @Test("merging never opens a place, a network, a limit, a variable or a layer", arguments: 0..<16)
    func settings(seed: UInt64) {
        var random = FixedRandom(seed: seed + 101)
        for _ in 0..<400 {
            let base = Self.random(&random, "base.toml", isWide: true)
            guard let merged = Self.merged(base, Self.random(&random, "later.toml", isWide: false)) else { continue }
            for path in ["{workspace}/a/b", "{workspace}/z", "/srv/a/b/c", "/srv/z", "/opt/z", "/etc/x"] {
                func isIn(_ places: [String]) -> Bool {
                    places.contains { PathPattern.covers($0, path, beneath: true) }
                }
                #expect(!isIn(merged.files.read) || isIn(base.files.read))
                #expect(!isIn(merged.files.write) || isIn(base.files.write))
                #expect(!isIn(merged.files.execute) || isIn(base.files.execute))
                #expect(isIn(merged.files.hide) || !isIn(base.files.hide))
                #expect(isIn(merged.files.protect) || !isIn(base.files.protect))
                if merged.files.home != "fresh", isIn([merged.files.home]) { #expect(isIn([base.files.home])) }
            }
            for path in ["/srv/a", "/srv/b", "/opt/a", "/x"] {
                func may(_ policy: EffectivePolicy) -> Bool {
                    policy.files.workspaces.isEmpty
                        || policy.files.workspaces.contains { PathPattern.matches($0, path) }
                }
                #expect(!may(merged) || may(base))
            }
            for name in ["LANG", "LC_ALL", "LC_TIME", "TERM", "TZ", "X", "Y"] {
                func isIn(_ names: [String]) -> Bool { names.contains { EnvironmentRules.covers($0, name) } }
                #expect(!isIn(merged.environment.keep) || isIn(base.environment.keep))
                #expect(!isIn(merged.environment.accept) || isIn(base.environment.accept))
            }
            for port: UInt16 in [22, 80, 443, 8080] {
                func may(_ policy: EffectivePolicy) -> Bool {
                    policy.network.mode == .host
                        && (policy.network.ports.isEmpty || policy.network.ports.contains { $0.number == port })
                }
                #expect(!may(merged) || may(base))
            }
            #expect(merged.network.mode <= base.network.mode)
            #expect(merged.files.view <= base.files.view)
            #expect(merged.limits.memory <= base.limits.memory)
            #expect(merged.limits.wall <= base.limits.wall)
            #expect(merged.limits.processes <= base.limits.processes)
            #expect(merged.hardening.proc <= base.hardening.proc)
            #expect(!merged.hardening.writeExecute || base.hardening.writeExecute)
            #expect(!merged.files.rootWorkspace || base.files.rootWorkspace)
            #expect(merged.commands.shell <= base.commands.shell)
            #expect(merged.syscalls.base == "strict" || base.syscalls.base == "default")
            #expect(Set(merged.syscalls.allow).isSubset(of: base.syscalls.allow))
            #expect(Set(merged.syscalls.deny).isSuperset(of: base.syscalls.deny))
            #expect(Set(merged.degrade).isSubset(of: base.degrade))
        }
    }

    @Test("a policy merged with itself stays what it is", arguments: 0..<50)
    func idempotent(seed: UInt64) throws {
        var random = FixedRandom(seed: seed + 201)
        var policy = Self.random(&random, "a.toml", isWide: true)
        policy.commands.rules = []
        if policy.network.mode != .host { policy.network.ports = [] }
        if !policy.commands.allowAll, policy.commands.shell == .trust { policy.commands.shell = .check }
        var merged = try #require(Self.merged(policy, policy))
        merged.sources = policy.sources
        #expect(merged == policy)
    }
}
