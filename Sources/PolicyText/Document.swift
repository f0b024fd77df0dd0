internal import Policy
internal import TOMLKit

/// A value of a document, and where it is written.
struct DocumentNode {
    enum Content {
        case table([DocumentEntry])
        case array([DocumentNode])
        case string(String)
        case integer(Int)
        case boolean(Bool)
        case date(year: Int, month: Int, day: Int)
        /// A fraction or a time, which no key of a policy takes.
        case other
    }

    let content: Content
    /// As a message names the kind of value: "a string".
    let kind: String
    let place: TextPosition
}

/// A key of a table, and its value.
struct DocumentEntry {
    let key: String
    let place: TextPosition
    let node: DocumentNode
}

/// A policy file as TOML, read by TOMLKit, with every key and value in its place.
struct Document {
    /// The keys of the root table, in the order of their places.
    let entries: [DocumentEntry]

    /// - Throws: `PolicyErrors` with the place where the text stops being TOML.
    init(_ source: PolicySource) throws(PolicyErrors) {
        let checked = try PolicyBytes(source)
        let positions: PositionIndex
        do { positions = try PositionScanner.scan(checked.bytes) } catch {
            throw checked.problem(at: error.offset, error.text, remedy: "see toml.io for the syntax")
        }
        let table = try Self.parse(checked.text, source.path)
        entries = DocumentBuilder(positions: positions, lines: checked.lines).entries(table, .root, .start)
    }

    private static func parse(_ text: String, _ path: String) throws(PolicyErrors) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch {
            guard let error = error as? TOMLParseError else {
                throw PolicyErrors([PolicyError(file: path, problem: "TOMLKit can't read the file: \(error)")])
            }
            let place = error.source.begin
            throw PolicyErrors([
                PolicyError(
                    file: path, line: place.line, column: place.column,
                    problem: VisibleText.bounded(error.description, limit: 300))
            ])
        }
    }
}

/// Joins what TOMLKit read with where the scanner saw it.
private struct DocumentBuilder {
    let positions: PositionIndex
    let lines: LineTable

    /// - Parameter parent: Where the table stands; it is the place of a key that the scanner did not see.
    func entries(_ table: TOMLTable, _ path: DocumentPath, _ parent: TextPosition) -> [DocumentEntry] {
        table.keys.compactMap { key -> DocumentEntry? in
            guard let value = table[key] else { return nil }
            let inner = path.appending(key)
            let place = positions.keys[inner].map(lines.position) ?? parent
            return DocumentEntry(key: key, place: place, node: node(value, inner, place))
        }.sorted { ($0.place, $0.key) < ($1.place, $1.key) }
    }

    private func node(_ value: any TOMLValueConvertible, _ path: DocumentPath, _ parent: TextPosition) -> DocumentNode {
        let place = (positions.values[path] ?? positions.keys[path]).map(lines.position) ?? parent
        return DocumentNode(content: content(value, path, place), kind: Self.kind(value.type), place: place)
    }

    private func content(
        _ value: any TOMLValueConvertible, _ path: DocumentPath, _ place: TextPosition
    ) -> DocumentNode.Content {
        if let table = value.table { return .table(entries(table, path, place)) }
        if let array = value.array {
            return .array(array.enumerated().map { node($0.element, path.appending($0.offset), place) })
        }
        if let text = value.string { return .string(text) }
        if let number = value.int { return .integer(number) }
        if let flag = value.bool { return .boolean(flag) }
        if let date = value.date { return .date(year: date.year, month: date.month, day: date.day) }
        return .other
    }

    private static func kind(_ type: TOMLType) -> String {
        switch type {
        case .table: "a table"
        case .array: "an array"
        case .string: "a string"
        case .int: "an integer"
        case .double: "a fraction"
        case .bool: "a truth value"
        case .date: "a date"
        case .time: "a time of day"
        case .dateTime: "a date with a time"
        }
    }
}
