internal import Policy

/// What is wrong at one place of a policy file, and what to do about it.
public struct PolicyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path of the file.
    public let file: String
    /// The line, counted from 1; 0 where the file as a whole is meant.
    public let line: Int
    /// The column in characters, counted from 1; 0 where the file as a whole is meant.
    public let column: Int
    /// The key, such as `limits.wall`; empty where no key is meant.
    public let key: String
    /// What is wrong.
    public let problem: String
    /// What to do; nil where the problem says it.
    public let remedy: String?
    /// The valid spelling that is nearest to what was written, if one is near.
    public let nearest: String?

    /// A problem at a place of a file.
    public init(
        file: String, line: Int = 0, column: Int = 0, key: String = "", problem: String, remedy: String? = nil,
        nearest: String? = nil
    ) {
        (self.file, self.line, self.column) = (file, line, column)
        (self.key, self.problem, self.remedy, self.nearest) = (key, problem, remedy, nearest)
    }

    /// `FILE:LINE:COLUMN: key: problem; remedy; did you mean "..."?`
    public var description: String {
        let place = line == 0 ? file : "\(file):\(line):\(column)"
        let sentence = [problem, remedy, nearest.map { "did you mean \(VisibleText.quoted($0))?" }]
        let subject = key.isEmpty ? place : "\(place): \(VisibleText.bounded(key))"
        return "\(subject): \(sentence.compactMap(\.self).joined(separator: "; "))"
    }
}

/// Everything that is wrong with a policy: never empty, in the order of the files and of the places in them.
public struct PolicyErrors: Error, Equatable, Sendable, CustomStringConvertible {
    /// The problems.
    public let errors: [PolicyError]

    /// The problems of one file, which are put in order of their place; files stay in the order in which they were read.
    init(_ errors: [PolicyError]) {
        self.errors = errors.enumerated().sorted { left, right in
            (left.element.line, left.element.column, left.offset)
                < (right.element.line, right.element.column, right.offset)
        }.map(\.element)
    }

    /// The problems of several files, in the order in which they are given.
    init(inOrder errors: [PolicyError]) {
        self.errors = errors
    }

    /// One line for each problem.
    public var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
