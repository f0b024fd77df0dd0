internal import Policy

/// Reads one table of an array of tables: a rule, a relaxation, a test.
struct TableReading {
    private let entries: [DocumentEntry]
    private let name: String
    let place: TextPosition

    /// Notes unknown keys; nil after noting that the node is no table.
    init?(_ node: DocumentNode, _ name: String, keys: [String], _ reading: inout Reading) {
        reading.key = name
        guard case .table(let entries) = node.content else {
            reading.refuse(node, expected: "a table, written [[\(name)]]")
            return nil
        }
        (self.entries, self.name, place) = (entries, name, node.place)
        for entry in entries where !keys.contains(entry.key) {
            reading.key = "\(name).\(entry.key)"
            let nearest = EditDistance.nearest(to: entry.key, among: keys)
            reading.refuse(
                entry.place, "unknown key", remedy: nearest == nil ? "known are \(keys.joined(separator: ", "))" : nil,
                nearest: nearest)
        }
    }

    /// Whether one of the keys is set.
    func has(anyOf keys: [String]) -> Bool {
        entries.contains { keys.contains($0.key) }
    }

    /// The value of a key; nil where it is not set or wrong.
    func value<Value: Sendable>(_ key: String, _ form: ValueForm<Value>, _ reading: inout Reading) -> Value? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        reading.key = "\(name).\(key)"
        return form.read(entry.node, &reading)
    }

    /// The same for a key that has to be there.
    func required<Value: Sendable>(_ key: String, _ form: ValueForm<Value>, _ reading: inout Reading) -> Value? {
        if entries.contains(where: { $0.key == key }) { return value(key, form, &reading) }
        reading.key = "\(name).\(key)"
        reading.refuse(place, "this key is missing")
        return nil
    }

    /// Where the value of a key is written; the table's own place where it is not set.
    func place(of key: String) -> TextPosition {
        entries.first { $0.key == key }?.node.place ?? place
    }
}

extension ValueForm where Value == String {
    /// A sentence of a person, which has to say something.
    static let reason = text("a reason") { text in
        text.allSatisfy(\.isWhitespace) ? TextProblem("is no reason", remedy: "say why, for whoever meets this") : nil
    }
}

extension ValueForm {
    /// Reads each table of an array of tables.
    static func tables<Element>(
        _ element: @escaping @Sendable (DocumentNode, inout Reading) -> Element?
    ) -> @Sendable (DocumentNode, inout Reading) -> [Element]? {
        { node, reading in
            guard case .array(let nodes) = node.content else {
                reading.refuse(node, expected: "an array of tables, written [[\(reading.key)]]")
                return nil
            }
            return nodes.compactMap { element($0, &reading) }
        }
    }
}
