internal import JSON

/// A caller's value inside our own sentences: short, and without control characters.
enum Excerpt {
    /// The value as JSON, cut after 60 characters; of a list or an object only what it is.
    static func of(_ value: JSON) -> String {
        switch value {
        case .array(let elements): "a list of \(elements.count)"
        case .object: "an object"
        case .string(let text): cut(JSON.string(String(text.unicodeScalars.prefix(61))).text)
        default: value.text
        }
    }

    private static func cut(_ text: String) -> String {
        text.unicodeScalars.count <= 62 ? text : String(text.unicodeScalars.prefix(61)) + "...\""
    }
}
