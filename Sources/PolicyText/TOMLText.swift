/// TOML as text.
enum TOMLText {
    /// A basic string (toml.io, version 1.0.0, "String").
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            default:
                let digits = String(scalar.value, radix: 16)
                quoted +=
                    scalar.properties.generalCategory == .control
                    ? "\\u" + String(repeating: "0", count: 4 - digits.count) + digits : String(Character(scalar))
            }
        }
        return quoted + "\""
    }

    /// A list on one line.
    static func list(_ elements: [String]) -> String {
        "[\(elements.joined(separator: ", "))]"
    }
}
