internal import Policy

extension ValueForm {
    /// A list whose elements have a form of their own. The place of each is kept under `KEY.NAME`.
    static func list<Element: Sendable>(
        _ element: ValueForm<Element>, name: @escaping @Sendable (Element) -> String
    ) -> ValueForm where Value == [Element] {
        ValueForm { node, reading in
            guard case .array(let nodes) = node.content else {
                reading.refuse(node, expected: "a list in [ ]")
                return nil
            }
            return nodes.compactMap { node -> Element? in
                guard let value = element.read(node, &reading) else { return nil }
                let key = "\(reading.key).\(name(value))"
                if reading.origins[key] == nil { reading.origins[key] = reading.origin(node.place) }
                return value
            }
        } write: { values in
            .list(
                values.compactMap { value in
                    guard case .single(let text)? = element.write(value) else { return nil }
                    return (name(value), text)
                })
        }
    }

    /// A list of text.
    static func texts(
        _ expected: String, _ problem: @escaping @Sendable (String) -> TextProblem?
    ) -> ValueForm where Value == [String] {
        .list(.text(expected, problem)) { $0 }
    }
}

extension ValueForm where Value == [PortNumber] {
    /// A list of TCP ports.
    static let ports = ValueForm.list(
        ValueForm<PortNumber> { node, reading in
            guard case .integer(let number) = node.content else {
                reading.refuse(node, expected: "a port from 1 to 65535")
                return nil
            }
            if let short = UInt16(exactly: number), let port = PortNumber(short) { return port }
            reading.refuse(node.place, "\(number) is no TCP port", remedy: "ports are 1 to 65535")
            return nil
        } write: {
            .single(String($0.number))
        }, name: \.description)
}

extension ValueForm where Value == [CommandEntry] {
    /// A list of programs and their leading arguments.
    static let commands = ValueForm.list(
        ValueForm<CommandEntry> { node, reading in
            guard case .string(let text) = node.content else {
                reading.refuse(node, expected: "a program, or a program and its leading arguments, as text")
                return nil
            }
            if let found = CommandSpelling.problem(inEntry: text) {
                reading.refuse(
                    node.place, "\(VisibleText.quoted(text)) \(found.problem)", remedy: found.remedy,
                    nearest: found.nearest)
                return nil
            }
            return CommandEntry(text, origin: reading.origin(node.place))
        } write: {
            .single(TOMLText.quoted($0.spelling))
        }, name: \.spelling)
}

extension ValueForm where Value == [EnvironmentVariable] {
    /// `{ NAME = "value" }`.
    static let variables = ValueForm { node, reading in
        guard case .table(let entries) = node.content else {
            reading.refuse(node, expected: "a table such as { PAGER = \"cat\" }")
            return nil
        }
        let variables = entries.compactMap { variable($0, &reading) }
        return variables.sorted { $0.name < $1.name }
    } write: { variables in
        .table(variables.map { ($0.name, TOMLText.quoted($0.value)) })
    }

    private static func variable(_ entry: DocumentEntry, _ reading: inout Reading) -> EnvironmentVariable? {
        if let found = VariableSpelling.problem(inName: entry.key) {
            reading.refuse(entry.place, "\(VisibleText.quoted(entry.key)) \(found.problem)", remedy: found.remedy)
            return nil
        }
        guard case .string(let value) = entry.node.content else {
            reading.refuse(entry.node, expected: "text")
            return nil
        }
        reading.origins["\(reading.key).\(entry.key)"] = reading.origin(entry.place)
        return EnvironmentVariable(name: entry.key, value: value)
    }
}
