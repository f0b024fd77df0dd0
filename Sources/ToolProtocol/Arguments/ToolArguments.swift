internal import JSON

/// The arguments of one call, read by name and kind. An argument that is not there is nil; null is no value of any.
struct ToolArguments {
    private let values: JSONObject

    /// The arguments of a tool that has these.
    ///
    /// - Throws: ``ArgumentError`` for the first one that the tool has not: what is not understood is not left out.
    init(_ values: JSONObject, known: [String]) throws(ArgumentError) {
        self.values = values
        for key in values.keys where !known.contains(key) {
            let nearest = Spelling.nearest(to: key, among: known)
            throw .unknown(key: String(key.unicodeScalars.prefix(64)), nearest: nearest, known: known)
        }
    }

    /// Whether it is there, with whatever value.
    func has(_ key: String) -> Bool { values[key] != nil }

    /// Text that is not empty and without NUL, which no argument, path or variable of a process can hold.
    func string(_ key: String) throws(ArgumentError) -> String? {
        try read(key, "a string that is not empty and without NUL") { value in
            value.stringValue.flatMap { !$0.isEmpty && Self.isPlain($0) ? $0 : nil }
        }
    }

    /// The same where the tool can't do without.
    func requiredString(_ key: String) throws(ArgumentError) -> String {
        guard let text = try string(key) else { throw .missing(key: key, expected: "a string") }
        return text
    }

    /// Any text.
    func text(_ key: String) throws(ArgumentError) -> String? {
        try read(key, "a string") { $0.stringValue }
    }

    /// True or false.
    func bool(_ key: String) throws(ArgumentError) -> Bool? {
        try read(key, "true or false") { $0.boolValue }
    }

    /// An integer in a range.
    func integer(_ key: String, in range: ClosedRange<Int64>) throws(ArgumentError) -> Int64? {
        try read(key, "an integer from \(range.lowerBound) to \(range.upperBound)") { value in
            value.integerValue.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Milliseconds in a range.
    func milliseconds(_ key: String, in range: ClosedRange<Int64>) throws(ArgumentError) -> Duration? {
        try integer(key, in: range).map { .milliseconds($0) }
    }

    /// A list of one string or more without NUL, the first of them not empty: a program and its arguments.
    func argumentVector(_ key: String) throws(ArgumentError) -> [String]? {
        try read(key, "a list of strings without NUL: the program, then its arguments") { value in
            let texts = value.arrayValue?.map { $0.stringValue.flatMap { Self.isPlain($0) ? $0 : nil } }
            guard let texts, let program = texts.first, program?.isEmpty == false else { return nil }
            let vector = texts.compactMap(\.self)
            return vector.count == texts.count ? vector : nil
        }
    }

    /// Bytes in base64 (RFC 4648, section 4), with or without padding.
    func base64(_ key: String) throws(ArgumentError) -> [UInt8]? {
        try read(key, "bytes in base64") { $0.stringValue.flatMap(Base64Text.bytes) }
    }

    /// Rows and columns of a terminal.
    func size(_ key: String) throws(ArgumentError) -> WriteInputRequest.Size? {
        let (low, high) = (WriteInputRequest.sides.lowerBound, WriteInputRequest.sides.upperBound)
        return try read(key, "an object of rows and columns, each an integer from \(low) to \(high)") { value in
            guard let members = value.objectValue, Set(members.keys) == ["rows", "columns"] else { return nil }
            let sides = ["rows", "columns"].compactMap { members[$0]?.integerValue }
            guard sides.count == 2, sides.allSatisfy(WriteInputRequest.sides.contains) else { return nil }
            return WriteInputRequest.Size(rows: UInt16(sides[0]), columns: UInt16(sides[1]))
        }
    }

    /// Names and values of the environment, in the order in which they were written.
    func variables(_ key: String) throws(ArgumentError) -> [EnvironmentSetting]? {
        try read(key, "an object of strings without NUL, its names not empty and without =") { value in
            guard let members = value.objectValue?.members else { return nil }
            let settings = members.compactMap { EnvironmentSetting($0.key, $0.value) }
            return settings.count == members.count ? settings : nil
        }
    }

    /// One word of a closed list.
    func choice<Word>(_ key: String, _ type: Word.Type = Word.self) throws(ArgumentError) -> Word?
    where Word: RawRepresentable<String> & CaseIterable {
        let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return try read(key, "one of \(words)") { $0.stringValue.flatMap(Word.init(rawValue:)) }
    }

    /// Refuses more than one of these, and none where one is needed.
    func requireOne(of keys: String...) throws(ArgumentError) {
        let given = keys.filter(has)
        if given.isEmpty { throw .noneOf(keys) }
        if given.count > 1 { throw .conflicting(given) }
    }

    static func isPlain(_ text: String) -> Bool {
        !text.utf8.contains(0)
    }

    private func read<Value>(
        _ key: String, _ expected: String, _ convert: (JSON) -> Value?
    ) throws(ArgumentError) -> Value? {
        guard let value = values[key] else { return nil }
        guard let converted = convert(value) else {
            throw .invalid(key: key, expected: expected, given: Excerpt.of(value))
        }
        return converted
    }
}
