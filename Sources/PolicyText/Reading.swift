internal import Policy

/// What is found out while one file is read: its errors, and where its keys and the elements of its lists are written.
struct Reading {
    /// The path of the file.
    let file: String
    /// The day on which the policy is loaded.
    let today: CalendarDate
    /// The key that is being read.
    var key = ""
    /// Where each key and element was written.
    var origins = OriginTable()
    private(set) var errors: [PolicyError] = []

    init(file: String, today: CalendarDate) {
        (self.file, self.today) = (file, today)
    }

    func origin(_ place: TextPosition) -> Origin {
        Origin(file: file, line: place.line, column: place.column)
    }

    /// Notes an error about the key that is being read.
    mutating func refuse(_ place: TextPosition, _ problem: String, remedy: String? = nil, nearest: String? = nil) {
        errors.append(
            PolicyError(
                file: file, line: place.line, column: place.column, key: key, problem: problem, remedy: remedy,
                nearest: nearest))
    }

    /// Notes a value of another kind.
    mutating func refuse(_ node: DocumentNode, expected: String) {
        refuse(node.place, "this must be \(expected), and it is \(node.kind)")
    }

    mutating func add(_ others: [PolicyError]) {
        errors += others
    }
}
