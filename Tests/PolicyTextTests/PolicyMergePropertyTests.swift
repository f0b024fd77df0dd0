import Policy
import Testing

@testable import PolicyText

/// Random policies, merged, against what each of them allows.
@Suite("S-18: the algebra of merging")
struct PolicyMergePropertyTests {
    /// The merged policy where the later file widens nothing of the earlier one; missing reasons do not count here.
    private static func merged(_ base: EffectivePolicy, _ later: EffectivePolicy) -> EffectivePolicy? {
        var merge = PolicyMerge()
        merge.add(base)
        merge.add(later)
        return merge.errors.contains { $0.problem.contains("wider than") } ? nil : merge.policy
    }

    /// Pairs of an earlier policy and the one that it became by a later one that widened nothing.
    private static func pairs(seed: UInt64) -> [(base: EffectivePolicy, merged: EffectivePolicy)] {
        var source = RandomPolicy(seed: seed)
        return (0..<400).compactMap { _ in
            let base = source.next("base.toml", isWide: true)
            return merged(base, source.next("later.toml", isWide: false)).map { (base, $0) }
        }
    }

    @Test("merging never allows a command that the earlier policy refused", arguments: 0..<6)
    func commands(seed: UInt64) {
        let host = FakeHost(["ls", "git", "cat", "rm", "sh"])
        let pairs = Self.pairs(seed: seed)
        #expect(pairs.count > 20, "too few merges to say anything")
        var random = FixedRandom(seed: seed)
        for (base, merged) in pairs {
            let (before, after) = (host.table(base), host.table(merged))
            for _ in 0..<20 {
                let name = ["ls", "git", "cat", "rm", "sh"].randomElement(using: &random) ?? "ls"
                let words = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in
                    RandomPolicy.words.randomElement(using: &random)
                }
                let old = before.decide(argv: [name] + words, program: host.resolve(name))
                let new = after.decide(argv: [name] + words, program: host.resolve(name))
                if new.isAllowed { #expect(old.isAllowed, "\(name) \(words)") }
                if new.verdict == .ask { #expect(old.verdict != .refused, "\(name) \(words)") }
            }
        }
    }

    @Test("merging never adds a program to the kernel's list", arguments: 0..<6)
    func kernelPrograms(seed: UInt64) {
        let host = FakeHost(["ls", "git", "cat", "rm", "sh"])
        for (base, merged) in Self.pairs(seed: seed + 50) where !base.commands.allowAll {
            #expect(!merged.commands.allowAll)
            let before = host.table(base).kernelPrograms
            #expect(host.table(merged).kernelPrograms.allSatisfy(before.contains))
        }
    }

    @Test("merging never opens a place, and never uncovers one", arguments: 0..<6)
    func places(seed: UInt64) {
        for (base, merged) in Self.pairs(seed: seed + 100) {
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
                func may(_ list: [String]) -> Bool { list.isEmpty || list.contains { PathPattern.matches($0, path) } }
                #expect(!may(merged.files.workspaces) || may(base.files.workspaces))
            }
            #expect(merged.files.view <= base.files.view)
            #expect(!merged.files.rootWorkspace || base.files.rootWorkspace)
        }
    }

    @Test("merging never lets a variable or a connection through", arguments: 0..<6)
    func variablesAndPorts(seed: UInt64) {
        for (base, merged) in Self.pairs(seed: seed + 150) {
            for name in ["LANG", "LC_ALL", "LC_TIME", "TERM", "TZ", "X", "Y"] {
                func isIn(_ names: [String]) -> Bool { names.contains { EnvironmentRules.covers($0, name) } }
                #expect(!isIn(merged.environment.keep) || isIn(base.environment.keep))
                #expect(!isIn(merged.environment.accept) || isIn(base.environment.accept))
            }
            for port: UInt16 in [22, 80, 443, 8080] {
                func may(_ network: NetworkSettings) -> Bool {
                    network.mode == .host && (network.ports.isEmpty || network.ports.contains { $0.number == port })
                }
                #expect(!may(merged.network) || may(base.network))
            }
            #expect(merged.network.mode <= base.network.mode)
        }
    }

    @Test("merging never raises a limit or takes a layer away", arguments: 0..<6)
    func limitsAndLayers(seed: UInt64) {
        for (base, merged) in Self.pairs(seed: seed + 200) {
            #expect(merged.limits.memory <= base.limits.memory)
            #expect(merged.limits.wall <= base.limits.wall)
            #expect(merged.limits.processes <= base.limits.processes)
            #expect(merged.hardening.proc <= base.hardening.proc)
            #expect(!merged.hardening.writeExecute || base.hardening.writeExecute)
            #expect(merged.commands.shell <= base.commands.shell)
            #expect(merged.syscalls.base == "strict" || base.syscalls.base == "default")
            #expect(Set(merged.syscalls.allow).isSubset(of: base.syscalls.allow))
            #expect(Set(merged.syscalls.deny).isSuperset(of: base.syscalls.deny))
            #expect(Set(merged.degrade).isSubset(of: base.degrade))
        }
    }

    @Test("a policy merged with itself stays what it is", arguments: 0..<50)
    func idempotent(seed: UInt64) throws {
        var source = RandomPolicy(seed: seed + 250)
        var policy = source.next("a.toml", isWide: true)
        policy.commands.rules = []
        if policy.network.mode != .host { policy.network.ports = [] }
        if !policy.commands.allowAll, policy.commands.shell == .trust { policy.commands.shell = .check }
        var merged = try #require(Self.merged(policy, policy))
        merged.sources = policy.sources
        #expect(merged == policy)
    }
}
