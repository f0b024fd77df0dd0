internal import Policy

/// Puts the files of a policy on top of each other, the first one first.
///
/// The first file says what holds. Each later one may narrow it: see ``Narrowing``. A key that a later file does not set
/// keeps its value. Name, description, tests, `cgroup.parent` and retention are the last file's.
struct PolicyMerge {
    private(set) var policy: EffectivePolicy
    private(set) var errors: [PolicyError] = []
    private var isFirst = true

    init() {
        policy = EffectivePolicy()
    }

    /// Adds the next file.
    mutating func add(_ later: EffectivePolicy) {
        if isFirst { policy = later } else { merge(later) }
        isFirst = false
        errors += WideningCheck(policy: policy, file: later).errors
    }

    private mutating func merge(_ later: EffectivePolicy) {
        let origins = policy.origins
        for setting in SettingTable.all where later.origins[setting.name] != nil {
            let widening = setting.merge(later, into: &policy)
            refuse(widening, of: setting.name, later, origins)
            moveOrigins(of: setting, later)
        }
        if policy.network.mode != .host { policy.network.ports = [] }
        if policy.commands.shell == .trust, !policy.commands.allowAll { policy.commands.shell = .check }
        policy.name = later.name
        policy.description = later.description
        policy.tests = later.tests
        policy.sources += later.sources
        policy.relaxations = policy.relaxations.filter(isInEffect) + later.relaxations
    }

    /// Whether there is still something for which a relaxation of an earlier file gives the reason.
    private func isInEffect(_ relaxation: Relaxation) -> Bool {
        switch relaxation.key {
        case "commands.allow_all": policy.commands.allowAll
        case "commands.environment": policy.commands.environment
        case "files.execute": !policy.files.execute.isEmpty
        case "files.root_workspace": policy.files.rootWorkspace
        case "network.mode": policy.network.mode == .host
        default: policy.relaxableKeys.contains(relaxation.key)
        }
    }

    /// The places of a list whose elements were replaced are those of the later file.
    private mutating func moveOrigins(of setting: any PolicySetting, _ later: EffectivePolicy) {
        let prefix = setting.name + "."
        let names = Set(setting.elements(policy).map { prefix + $0 })
        for key in policy.origins.keys where key.hasPrefix(prefix) && !names.contains(key) { policy.origins[key] = nil }
        for key in later.origins.keys where key == setting.name || names.contains(key) {
            policy.origins[key] = later.origins[key]
        }
    }

    private mutating func refuse(
        _ widening: Widening, of key: String, _ later: EffectivePolicy, _ origins: OriginTable
    ) {
        let relaxed = Set(later.relaxations.map(\.key))
        if relaxed.contains(key) { return }
        let before = origins[key] ?? .standard
        let elements = widening.elements.filter { !relaxed.contains("\(key).\($0)") }
        for element in elements {
            let place = later.origins["\(key).\(element)"] ?? later.place(of: key, element)
            errors.append(.wider("\(key).\(element)", at: place, than: before))
        }
        if widening.isWider { errors.append(.wider(key, at: later.origins[key] ?? .standard, than: before)) }
    }
}

extension EffectivePolicy {
    /// Where an element is written whose key has no place of its own: the rule with the child.
    fileprivate func place(of key: String, _ element: String) -> Origin {
        let rule = commands.rules.first { rule in rule.children.contains { "children.\($0)" == element } }
        return rule?.origin ?? origins[key] ?? .standard
    }
}

extension PolicyError {
    /// An error at an origin.
    init(_ key: String, at place: Origin, _ problem: String, remedy: String? = nil, nearest: String? = nil) {
        self.init(
            file: place.file, line: place.line, column: place.column, key: key, problem: problem, remedy: remedy,
            nearest: nearest)
    }

    fileprivate static func wider(_ key: String, at place: Origin, than before: Origin) -> PolicyError {
        let limit = before.line == 0 ? "what holds where no file says anything" : "what \(before) allows"
        return PolicyError(
            key, at: place, "this is wider than \(limit)",
            remedy: "narrow it, or name the key in a [[relax]] with a reason")
    }
}
