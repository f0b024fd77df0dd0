/// Text of a caller inside our own sentences: bounded, and without bytes that a terminal or a log would act on.
public enum VisibleText {
    /// At most `limit` characters, with everything invisible written as `\u{..}`.
    public static func bounded(_ text: String, limit: Int = 120) -> String {
        var visible = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == limit { return visible + "..." }
            visible += isVisible(scalar) ? String(Character(scalar)) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return visible
    }

    /// The same in double quotes.
    public static func quoted(_ text: String) -> String {
        "\"\(bounded(text))\""
    }

    /// Control characters, separators and characters that change the direction of writing are not.
    static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
