internal import Policy

/// How one value is written in a policy file, both ways.
struct ValueForm<Value: Sendable>: Sendable {
    /// Reads a value; nil after an error was noted.
    let read: @Sendable (DocumentNode, inout Reading) -> Value?
    /// The TOML text of a value; nil where the file says it best by leaving the key out.
    let write: @Sendable (Value) -> WrittenValue?

    init(
        read: @escaping @Sendable (DocumentNode, inout Reading) -> Value?,
        write: @escaping @Sendable (Value) -> WrittenValue?
    ) {
        (self.read, self.write) = (read, write)
    }
}

/// A value as TOML text.
enum WrittenValue: Equatable {
    /// One word.
    case single(String)
    /// A list: its elements as they are named in keys, and as TOML text.
    case list([(name: String, text: String)])
    /// A table on one line: its keys and their values as TOML text.
    case table([(name: String, text: String)])

    static func == (left: WrittenValue, right: WrittenValue) -> Bool {
        switch (left, right) {
        case (.single(let one), .single(let other)): one == other
        case (.list(let one), .list(let other)), (.table(let one), .table(let other)):
            one.elementsEqual(other) { $0.name == $1.name && $0.text == $1.text }
        default: false
        }
    }
}

extension ValueForm where Value == Bool {
    /// `true` or `false`.
    static let flag = ValueForm { node, reading in
        if case .boolean(let flag) = node.content { return flag }
        reading.refuse(node, expected: "true or false")
        return nil
    } write: {
        .single($0 ? "true" : "false")
    }
}

extension ValueForm where Value == UInt64 {
    /// A whole number in a range.
    static func count(_ range: ClosedRange<UInt64>) -> ValueForm {
        ValueForm { node, reading in
            guard case .integer(let number) = node.content else {
                reading.refuse(node, expected: "a whole number")
                return nil
            }
            if let count = UInt64(exactly: number), range.contains(count) { return count }
            reading.refuse(node.place, "\(number) is not between \(range.lowerBound) and \(range.upperBound)")
            return nil
        } write: {
            .single(String($0))
        }
    }
}

extension ValueForm where Value: PolicyChoice {
    /// One of a few words.
    static var choice: ValueForm {
        ValueForm { node, reading in
            let words = Value.allCases.map(\.word)
            let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
            guard case .string(let word) = node.content else {
                reading.refuse(node, expected: "one of \(list)")
                return nil
            }
            if let choice = Value(word: word) { return choice }
            reading.refuse(
                node.place, "\(VisibleText.quoted(word)) is none of \(list)",
                nearest: EditDistance.nearest(to: word, among: words))
            return nil
        } write: {
            .single(TOMLText.quoted($0.word))
        }
    }
}

extension ValueForm where Value == String {
    /// Text; `problem` says what is wrong with one.
    static func text(_ expected: String, _ problem: @escaping @Sendable (String) -> TextProblem?) -> ValueForm {
        ValueForm { node, reading in
            guard case .string(let text) = node.content else {
                reading.refuse(node, expected: expected)
                return nil
            }
            guard let found = problem(text) else { return text }
            reading.refuse(
                node.place, "\(VisibleText.quoted(text)) \(found.problem)", remedy: found.remedy,
                nearest: found.nearest)
            return nil
        } write: {
            .single(TOMLText.quoted($0))
        }
    }
}

/// What is wrong with a text, as the end of a sentence that begins with it.
struct TextProblem: Equatable {
    let problem: String
    var remedy: String?
    var nearest: String?

    init(_ problem: String, remedy: String? = nil, nearest: String? = nil) {
        (self.problem, self.remedy, self.nearest) = (problem, remedy, nearest)
    }
}
