internal import Policy

/// `[[relax]]`.
enum RelaxForm {
    static let keys = ["key", "reason", "expires"]

    static let list = ValueForm<[Relaxation]>.tables(read)

    private static func read(_ node: DocumentNode, _ reading: inout Reading) -> Relaxation? {
        guard let table = TableReading(node, "relax", keys: keys, &reading) else { return nil }
        let key = table.required("key", .text("a key") { _ in nil }, &reading)
        let reason = table.required("reason", .reason, &reading)
        let expires = table.value("expires", .date, &reading)
        if let expires, expires < reading.today {
            reading.key = "relax.expires"
            reading.refuse(
                table.place(of: "expires"), "this relaxation ended on \(expires)",
                remedy: "take it out, or look at its reason again and give it another day")
        }
        guard let key, let reason else { return nil }
        let place = table.place(of: "key")
        return Relaxation(key: key, reason: reason, expires: expires, origin: reading.origin(place))
    }
}

extension ValueForm where Value == CalendarDate {
    /// A day, as text or as a TOML date.
    static let date = ValueForm { node, reading in
        switch node.content {
        case .string(let text):
            if let date = CalendarDate(text) { return date }
            reading.refuse(node.place, "\(VisibleText.quoted(text)) is no day such as \"2027-06-30\"")
        case .date(let year, let month, let day):
            if let date = CalendarDate(year: year, month: month, day: day) { return date }
            reading.refuse(node.place, "there is no such day")
        default: reading.refuse(node, expected: "a day such as \"2027-06-30\"")
        }
        return nil
    } write: {
        .single(TOMLText.quoted($0.description))
    }
}
