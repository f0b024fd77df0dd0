/// An array or object of which the end has not been read yet.
struct OpenContainer {
    let isObject: Bool
    private var elements: [JSON] = []
    private var members: [JSONObject.Member] = []
    private var name = ""
    private var names: Set<Name> = []

    init(isObject: Bool) {
        self.isObject = isObject
    }

    /// The byte that ends it.
    var closing: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    /// What it holds so far.
    var value: JSON { isObject ? .object(JSONObject(distinct: members)) : .array(elements) }

    /// Takes the name of the next member; false if there is one of that name.
    mutating func begin(_ name: String) -> Bool {
        self.name = name
        return names.insert(Name(text: name)).inserted
    }

    /// Adds an element, or the value of the member that was begun.
    mutating func add(_ value: JSON) {
        if isObject { members.append(.init(key: name, value: value)) } else { elements.append(value) }
    }
}

extension OpenContainer {
    /// A name that is equal by its bytes; hashed with the process's random seed, so that none can be made to collide.
    private struct Name: Hashable {
        let text: String

        static func == (left: Name, right: Name) -> Bool { left.text.hasSameBytes(as: right.text) }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }
}
