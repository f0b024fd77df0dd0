/// The members of an object, in the order in which they were written; no name occurs twice.
///
/// Looking a member up takes time linear in their number, which suits the few that a message has.
public struct JSONObject: Sendable {
    /// One name and its value.
    public struct Member: Sendable {
        /// Its name.
        public let key: String
        /// Its value.
        public var value: JSON
    }

    /// The members in order.
    public private(set) var members: [Member] = []

    /// An object without members.
    public init() {}

    /// The members of which the parser knows that no name occurs twice.
    init(distinct members: [Member]) {
        self.members = members
    }

    /// The members in order; naming one twice is a programming error.
    public init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { append(value, for: key) }
    }

    /// The members in order without those that have no value: what is not known is left out, not written as null.
    public init(present members: KeyValuePairs<String, JSON?>) {
        for (key, value) in members { append(value, for: key) }
    }

    /// The names in order.
    public var keys: [String] { members.map(\.key) }
    /// Whether it has no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a name; setting nil removes the member, a new name comes last.
    public subscript(key: String) -> JSON? {
        get { index(of: key).map { members[$0].value } }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a member at the end, or nothing where there is no value; a name that is there is a programming error.
    public mutating func append(_ value: JSON?, for key: String) {
        precondition(index(of: key) == nil, "a member named twice")
        if let value { members.append(Member(key: key, value: value)) }
    }

    private func index(of key: String) -> Int? {
        members.firstIndex { $0.key.hasSameBytes(as: key) }
    }
}

extension JSONObject: Equatable {
    /// Whether both have the same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key.hasSameBytes(as: $1.key) && $0.value == $1.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// The members in order; naming one twice is a programming error.
    public init(dictionaryLiteral members: (String, JSON)...) {
        self.init(members)
    }
}
