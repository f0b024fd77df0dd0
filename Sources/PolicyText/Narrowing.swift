internal import Policy

/// How the value of a later file is combined with the one before it. What a later file says may only narrow.
///
/// With `≤` for "allows no more than", every rule here has, for all values: the merged value is `≤` the earlier one
/// unless something is reported as widened; merging a value with itself changes nothing; and what is narrowed twice is as
/// narrow as each. What is widened is an error unless a `[[relax]]` of the later file names it, so that a file never
/// says less than what is in force.
struct Narrowing<Value: Sendable>: Sendable {
    /// Combines the values. The whole earlier policy is there for keys whose meaning depends on another.
    let apply: @Sendable (_ earlier: Value, _ later: Value, _ policy: EffectivePolicy) -> Narrowed<Value>

    init(_ apply: @escaping @Sendable (Value, Value, EffectivePolicy) -> Narrowed<Value>) {
        self.apply = apply
    }
}

/// A merged value, and what of it the earlier file did not allow.
struct Narrowed<Value> {
    let value: Value
    /// Elements of a list by their names.
    var elements: [String] = []
    /// Whether the value as a whole is wider.
    var isWider = false
}

extension Narrowing {
    /// The later value, whatever it is: for keys that allow and refuse nothing.
    static var latest: Narrowing { Narrowing { _, later, _ in Narrowed(value: later) } }

    /// The later value, which `isWithin` the earlier one.
    static func within(_ isWithin: @escaping @Sendable (_ later: Value, _ earlier: Value) -> Bool) -> Narrowing {
        Narrowing { earlier, later, _ in Narrowed(value: later, isWider: !isWithin(later, earlier)) }
    }
}

extension Narrowing where Value: Comparable {
    /// For limits, and for choices in order from the strictest: the later value may not be larger.
    static var atMost: Narrowing { .within { $0 <= $1 } }
}

extension Narrowing where Value == ByteCount? {
    /// For limits that may be left out: none is wider than any.
    static var atMostIfAny: Narrowing {
        .within { later, earlier in
            guard let earlier else { return true }
            return later.map { $0 <= earlier } ?? false
        }
    }
}

extension Narrowing where Value == Bool {
    /// For permissions: a later file may take one back.
    static var onlyFalse: Narrowing { .within { later, earlier in !later || earlier } }
}

extension Narrowing {
    /// For lists of what is allowed: the later list, each of whose elements an earlier one covers. The intersection, that
    /// is, of what both allow, with an error where the later file believes that it has more.
    static func covered<Element: Sendable>(
        name: @escaping @Sendable (Element) -> String,
        by covers: @escaping @Sendable (_ earlier: Element, _ later: Element) -> Bool
    ) -> Narrowing where Value == [Element] {
        Narrowing { earlier, later, _ in
            let wider = later.filter { element in !earlier.contains { covers($0, element) } }
            return Narrowed(value: later, elements: wider.map(name))
        }
    }

    /// The same for lists that allow everything while they are empty.
    static func coveredUnlessEmpty<Element: Sendable>(
        name: @escaping @Sendable (Element) -> String,
        by covers: @escaping @Sendable (_ earlier: Element, _ later: Element) -> Bool
    ) -> Narrowing where Value == [Element] {
        let strict = covered(name: name, by: covers)
        return Narrowing { earlier, later, policy in
            if earlier.isEmpty { return Narrowed(value: later) }
            if later.isEmpty { return Narrowed(value: later, isWider: true) }
            return strict.apply(earlier, later, policy)
        }
    }
}

extension Narrowing where Value == [String] {
    /// For lists of what is refused: both, the earlier ones first.
    static let united = Narrowing { earlier, later, _ in
        Narrowed(value: earlier + later.filter { !earlier.contains($0) })
    }

    /// For places: a place beneath an allowed one is narrower.
    static let places = covered(name: { $0 }, by: { PathPattern.covers($0, $1, beneath: true) })

    /// For patterns of whole paths; an empty list allows any.
    static let patterns = coveredUnlessEmpty(name: { $0 }, by: { PathPattern.covers($0, $1, beneath: false) })

    /// For names of variables.
    static let variables = covered(name: { $0 }, by: EnvironmentRules.covers)

    /// For names that cover only themselves.
    static let names = covered(name: { $0 }, by: { $0.utf8.elementsEqual($1.utf8) })

    /// For `commands.path`: some of the earlier directories in their order. Another order would let a name mean another
    /// file.
    static let searchPath = Narrowing { earlier, later, _ in
        var rest = earlier[...]
        for directory in later {
            guard let found = rest.firstIndex(of: directory) else {
                return Narrowed(
                    value: later, elements: earlier.contains(directory) ? [] : [directory],
                    isWider: earlier.contains(directory))
            }
            rest = rest[(found + 1)...]
        }
        return Narrowed(value: later)
    }
}
