import Policy

@testable import PolicyText

/// Makes policies that set some of the keys, as if a file had. A wide one sets more and allows more, so that a later one
/// that is not wide has a chance to be narrower.
struct RandomPolicy {
    static let words = ["status", "push", "-c", "--force", "x"]
    private static let programs = ["ls", "git", "cat", "rm", "sh", "/usr/bin/ls"]
    private static let places = ["{workspace}", "{workspace}/a", "/srv", "/srv/a", "/srv/a/b", "/opt"]
    private static let variables = ["LANG", "LC_*", "LC_ALL", "TERM", "T*", "X"]

    var random: FixedRandom
    private var isWide = false
    private var policy = EffectivePolicy()
    private var place = Origin.standard

    init(seed: UInt64) {
        random = FixedRandom(seed: seed)
    }

    mutating func next(_ file: String, isWide: Bool) -> EffectivePolicy {
        self.isWide = isWide
        policy = EffectivePolicy()
        policy.sources = [file]
        place = Origin(file: file, line: 1, column: 1)
        for setting in SettingTable.all where Int.random(in: 0..<(isWide ? 2 : 6), using: &random) == 0 {
            policy.origins[setting.name] = place
        }
        setCommands()
        setFiles()
        setNetworkAndLimits()
        setConfinement()
        return policy
    }

    private func isSet(_ key: String) -> Bool { policy.origins[key] != nil }

    private mutating func some<Element>(_ list: [Element]) -> [Element] {
        list.filter { _ in Int.random(in: 0..<4, using: &random) < (isWide ? 3 : 1) }
    }

    private mutating func flag() -> Bool { Bool.random(using: &random) }

    private mutating func entries() -> [CommandEntry] {
        some(Self.programs).compactMap { program in
            let isLonger = Int.random(in: 0..<5, using: &random) < (isWide ? 1 : 3)
            let word = isLonger ? " " + (Self.words.randomElement(using: &random) ?? "") : ""
            return CommandEntry(program + word, origin: place)
        }
    }

    private mutating func setCommands() {
        if isSet("commands.allow") { policy.commands.allow = entries() }
        if isSet("commands.ask") { policy.commands.ask = entries() }
        if isSet("commands.allow_all") { policy.commands.allowAll = flag() }
        if isSet("commands.shell") {
            policy.commands.shell = ShellUse.allCases.randomElement(using: &random) ?? .refuse
        }
        guard isSet("commands.rule") else { return }
        for program in some(Self.programs) {
            var rule = CommandRule(program: program, reason: "x", origin: place)
            rule.denyArguments = some(Self.words)
            rule.allowArguments = some(["*", "status *", "push"])
            rule.children = some(Self.programs)
            policy.commands.rules.append(rule)
        }
    }

    private mutating func setFiles() {
        if isSet("files.read") { policy.files.read = some(Self.places) }
        if isSet("files.write") { policy.files.write = some(Self.places) }
        if isSet("files.execute") { policy.files.execute = some(Self.places) }
        if isSet("files.hide") { policy.files.hide = some(Self.places) }
        if isSet("files.protect") { policy.files.protect = some(Self.places) }
        if isSet("files.workspaces") { policy.files.workspaces = some(["/srv/*", "/srv/a", "/opt/*"]) }
        if isSet("files.view") { policy.files.view = flag() ? .empty : .system }
        if isSet("files.root_workspace") { policy.files.rootWorkspace = flag() }
        guard isSet("files.home") else { return }
        policy.files.home = ["fresh", "/srv", "/srv/a", "/opt"].randomElement(using: &random) ?? "fresh"
    }

    private mutating func setNetworkAndLimits() {
        if isSet("network.mode") {
            policy.network.mode = [.none, .loopback, .host].randomElement(using: &random) ?? .none
        }
        if isSet("network.ports") { policy.network.ports = some([22, 80, 443]).compactMap { PortNumber($0) } }
        if isSet("limits.memory") { policy.limits.memory = .gibibytes(UInt64.random(in: 1...4, using: &random)) }
        if isSet("limits.wall") { policy.limits.wall = .minutes(UInt64.random(in: 10...50, using: &random)) }
        if isSet("limits.processes") { policy.limits.processes = UInt64.random(in: 100...400, using: &random) }
    }

    private mutating func setConfinement() {
        if isSet("hardening.write_execute") { policy.hardening.writeExecute = flag() }
        if isSet("hardening.proc") { policy.hardening.proc = flag() ? .own : .minimal }
        if isSet("syscalls.base") { policy.syscalls.base = flag() ? "strict" : "default" }
        if isSet("syscalls.allow") { policy.syscalls.allow = some(["a", "b"]) }
        if isSet("syscalls.deny") { policy.syscalls.deny = some(["a", "b", "c"]) }
        if isSet("environment.keep") { policy.environment.keep = some(Self.variables) }
        if isSet("environment.accept") { policy.environment.accept = some(Self.variables) }
        if isSet("require.degrade") { policy.degrade = some(["cgroup", "groups", "scope"]) }
    }
}
