/// What happens to a call, as a tree of comparisons of its arguments.
///
/// Arguments are compared from the first to the last along every path: libseccomp sorts them so, and a path that shares
/// its beginning with another stays one.
indirect enum Verdict: Equatable, Sendable {
    /// Whatever the arguments are.
    case always(FilterAction)
    /// By some bits of one argument.
    case byBits(argument: UInt32, mask: UInt64, [Case], otherwise: Verdict)

    /// One value of the compared bits, and what follows from it.
    struct Case: Equatable, Sendable {
        let value: UInt64
        let verdict: Verdict

        init(_ value: UInt64, _ verdict: Verdict) {
            self.value = value
            self.verdict = verdict
        }
    }

    /// One rule of libseccomp: the action if every argument matches its pattern.
    struct Rule {
        let conditions: [(argument: UInt32, pattern: BitPattern)]
        let action: FilterAction
    }

    /// The tree as rules. They are disjoint, and one of them applies to every call.
    var rules: [Rule] {
        switch self {
        case .always(let action): [Rule(conditions: [], action: action)]
        case .byBits(let argument, let mask, let cases, let otherwise):
            cases.flatMap { $0.verdict.rules(where: argument, BitPattern(mask: mask, value: $0.value)) }
                + BitPattern.everything(but: cases.map(\.value), within: mask)
                .flatMap { otherwise.rules(where: argument, $0) }
        }
    }

    private func rules(where argument: UInt32, _ pattern: BitPattern) -> [Rule] {
        rules.map { Rule(conditions: [(argument, pattern)] + $0.conditions, action: $0.action) }
    }
}

extension Verdict {
    static let allow = Verdict.always(.allow)

    /// Allowed if none of the bits is set.
    static func unless(argument: UInt32, hasAnyOf bits: UInt64) -> Verdict {
        only(argument: argument, mask: bits, [0])
    }

    /// Allowed if the bits have one of the values.
    static func only(
        argument: UInt32, mask: UInt64 = int, _ values: [UInt64], else action: FilterAction = .denied
    ) -> Verdict {
        .byBits(argument: argument, mask: mask, values.map { Case($0, allow) }, otherwise: .always(action))
    }

    /// Allowed unless the argument, an int of C, is one of the values.
    static func except(argument: UInt32, _ values: [UInt64]) -> Verdict {
        .byBits(argument: argument, mask: int, values.map { Case($0, .always(.denied)) }, otherwise: allow)
    }

    /// The bits of a C int: what the kernel looks at.
    static let int: UInt64 = 0xffff_ffff
}
