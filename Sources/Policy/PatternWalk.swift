/// Several patterns of places, followed down a tree of directories one name at a time: however deep the tree and however many
/// `**` a pattern has, a name takes no longer than the patterns have components.
public struct PatternWalk: Sendable {
    /// The components of all patterns, one after another; nil: the end of a pattern.
    private let parts: [Component?]
    private let beginnings: [Int]

    private enum Component {
        case anyNumber
        case literal([UInt8])
        case glob([UInt8])
    }

    /// How far each pattern has come.
    public struct Place: Sendable, Equatable {
        fileprivate var positions: [Int] = []

        /// Whether nothing further down can be one that a pattern stands for.
        public var isDead: Bool { positions.isEmpty }
    }

    /// Patterns of absolute paths, without placeholders.
    public init(_ patterns: [String]) {
        var parts: [Component?] = []
        var beginnings: [Int] = []
        for pattern in patterns {
            beginnings.append(parts.count)
            parts += PathPattern.components(pattern).map { Self.component(Array($0.utf8)) } + [nil]
        }
        (self.parts, self.beginnings) = (parts, beginnings)
    }

    private static func component(_ bytes: [UInt8]) -> Component {
        if bytes == [UInt8](repeating: UInt8(ascii: "*"), count: 2) { return .anyNumber }
        return bytes.contains(UInt8(ascii: "*")) ? .glob(bytes) : .literal(bytes)
    }

    /// The place from which every path begins.
    public var root: Place {
        var place = Place()
        for beginning in beginnings { add(beginning, to: &place) }
        return place
    }

    /// The place one name further down.
    public func advanced(_ place: Place, over name: [UInt8]) -> Place {
        var next = Place()
        for position in place.positions {
            switch parts[position] {
            case .anyNumber: add(position, to: &next)
            case .literal(let bytes) where bytes == name: add(position + 1, to: &next)
            case .glob(let bytes) where Glob.matches(bytes, name): add(position + 1, to: &next)
            case .literal, .glob, nil: continue
            }
        }
        return next
    }

    /// The place of an absolute path.
    public func place(of path: String) -> Place {
        PathPattern.components(path).reduce(root) { advanced($0, over: Array($1.utf8)) }
    }

    /// Whether a place is one that a pattern stands for.
    public func isMatch(_ place: Place) -> Bool { place.positions.contains { parts[$0] == nil } }

    private func add(_ position: Int, to place: inout Place) {
        guard !place.positions.contains(position) else { return }
        place.positions.append(position)
        if case .anyNumber = parts[position] { add(position + 1, to: &place) }
    }
}
