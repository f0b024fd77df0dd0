internal import Policy

/// A key of the policy file: how it is read, merged and written.
protocol PolicySetting: Sendable {
    /// The full name, such as `limits.wall`.
    var name: String { get }
    /// Reads the value of the key into a policy, or notes what is wrong with it.
    func read(_ node: DocumentNode, into policy: inout EffectivePolicy, _ reading: inout Reading)
    /// Merges the value of a later policy, which sets the key, into an earlier one.
    func merge(_ later: EffectivePolicy, into policy: inout EffectivePolicy) -> Widening
    /// The value as TOML text; nil where it is said by leaving the key out.
    func written(_ policy: EffectivePolicy) -> WrittenValue?
}

/// What a later file widened of one key.
struct Widening {
    let elements: [String]
    let isWider: Bool
}

extension PolicySetting {
    /// The names of the elements, where the value is a list or a table.
    func elements(_ policy: EffectivePolicy) -> [String] {
        switch written(policy) {
        case .list(let elements)?, .table(let elements)?: elements.map(\.name)
        default: []
        }
    }

    /// The table, such as `limits`; empty for the keys before the first table.
    var table: String { name.contains(".") ? String(name.prefix { $0 != "." }) : "" }
    /// The key inside its table.
    var key: String {
        name.contains(".") ? String(name[name.index(after: name.firstIndex(of: ".") ?? name.startIndex)...]) : name
    }
}

/// A key whose value is one property of the policy.
struct Setting<Value: Sendable & Equatable>: PolicySetting {
    let name: String
    private let place: any WritableKeyPath<EffectivePolicy, Value> & Sendable
    private let form: ValueForm<Value>
    private let narrowing: Narrowing<Value>

    init(
        _ name: String, _ place: any WritableKeyPath<EffectivePolicy, Value> & Sendable, _ form: ValueForm<Value>,
        _ narrowing: Narrowing<Value>
    ) {
        (self.name, self.place, self.form, self.narrowing) = (name, place, form, narrowing)
    }

    func read(_ node: DocumentNode, into policy: inout EffectivePolicy, _ reading: inout Reading) {
        guard let value = form.read(node, &reading) else { return }
        policy[keyPath: place] = value
    }

    func merge(_ later: EffectivePolicy, into policy: inout EffectivePolicy) -> Widening {
        let narrowed = narrowing.apply(policy[keyPath: place], later[keyPath: place], policy)
        policy[keyPath: place] = narrowed.value
        return Widening(elements: narrowed.elements, isWider: narrowed.isWider)
    }

    func written(_ policy: EffectivePolicy) -> WrittenValue? {
        form.write(policy[keyPath: place])
    }
}
