public import JSON

/// A value in a tool's arguments that can't be meant: the model can mend it, so it is answered with a result.
public enum ArgumentError: Error, Sendable, Equatable {
    /// The tool has no such argument.
    case unknown(key: String, nearest: String?, known: [String])
    /// The argument has to be given.
    case missing(key: String, expected: String)
    /// Its value is not one of those it can have.
    case invalid(key: String, expected: String, given: String)
    /// Only one of these can be given.
    case conflicting([String])
    /// One of these has to be given.
    case noneOf([String])

    /// What is wrong and what would be right, for the model.
    public var sentence: String {
        switch self {
        case .unknown(let key, let nearest?, _):
            "there is no argument \(Excerpt.of(.string(key))); did you mean \"\(nearest)\"?"
        case .unknown(let key, nil, let known):
            "there is no argument \(Excerpt.of(.string(key))); there are \(Self.list(known, "and"))"
        case .missing(let key, let expected): "the argument \"\(key)\" is missing; it must be \(expected)"
        case .invalid(let key, let expected, let given): "the argument \"\(key)\" must be \(expected), not \(given)"
        case .conflicting(let keys): "give only one of \(Self.list(keys, "and"))"
        case .noneOf(let keys): "give one of \(Self.list(keys, "or"))"
        }
    }

    /// The same for programs: the argument or arguments, what was expected, what was given, the nearest spelling.
    public var json: JSONObject {
        switch self {
        case .unknown(let key, let nearest, let known):
            JSONObject(present: [
                "argument": .string(key), "nearest": nearest.map(JSON.string), "known": JSON(known),
            ])
        case .missing(let key, let expected): ["argument": .string(key), "expected": .string(expected)]
        case .invalid(let key, let expected, let given):
            ["argument": .string(key), "expected": .string(expected), "given": .string(given)]
        case .conflicting(let keys), .noneOf(let keys): ["arguments": JSON(keys)]
        }
    }

    private static func list(_ words: [String], _ conjunction: String) -> String {
        let quoted = words.map { "\"\($0)\"" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }
}
