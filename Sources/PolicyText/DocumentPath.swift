/// Where a value stands in a document: the keys and indices that lead to it.
struct DocumentPath: Hashable, Sendable {
    enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    private(set) var steps: [Step] = []

    static let root = DocumentPath()

    func appending(_ key: String) -> DocumentPath { appending(.key(key)) }

    func appending(_ index: Int) -> DocumentPath { appending(.index(index)) }

    private func appending(_ step: Step) -> DocumentPath {
        var longer = self
        longer.steps.append(step)
        return longer
    }
}

/// Where the keys and values of a document are written, as offsets of bytes.
struct PositionIndex {
    /// The first place where each key, table header or element of an array begins.
    private(set) var keys: [DocumentPath: Int] = [:]
    /// Where the value of each key and each element begins.
    private(set) var values: [DocumentPath: Int] = [:]

    mutating func note(key path: DocumentPath, at offset: Int) {
        if keys[path] == nil { keys[path] = offset }
    }

    mutating func note(value path: DocumentPath, at offset: Int) {
        if values[path] == nil { values[path] = offset }
    }
}

/// What the scanner can't read.
struct SyntaxProblem: Error, Equatable {
    let offset: Int
    let text: String
}
