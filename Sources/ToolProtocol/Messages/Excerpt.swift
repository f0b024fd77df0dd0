internal import JSON

/// A caller's value inside our own sentences: short, and without control characters.
enum Excerpt {
    private static let length = 60

    /// The value as JSON, its text cut after 60 characters; of a list or an object only what it is.
    static func of(_ value: JSON) -> String {
        switch value {
        case .array(let elements): "a list of \(elements.count)"
        case .object: "an object"
        case .string(let text): quoted(text)
        default: value.text
        }
    }

    /// Cut before it is escaped, so that a huge text costs no time, and again after, because escapes are longer.
    private static func quoted(_ text: String) -> String {
        let quoted = JSON.string(String(text.unicodeScalars.prefix(length + 1))).text.unicodeScalars
        guard quoted.count > length + 2 else { return String(quoted) }
        return String(quoted.prefix(length + 1)) + "...\""
    }
}
