public import Records

/// One entry of `commands.allow` or `commands.ask`: a program, or a program and its leading arguments.
public struct CommandEntry: Hashable, ByteCodable {
    /// The words of the entry, the program first; never empty.
    public let words: [String]
    /// Where it was written.
    public let origin: Origin

    /// Splits an entry at its spaces. Entries have no quoting: a word with a space in it can't be written.
    ///
    /// - Returns: nil for an entry without a word.
    public init?(_ spelling: some StringProtocol, origin: Origin) {
        let words = spelling.split { $0 == " " || $0 == "\t" }.map { String($0) }
        guard !words.isEmpty else { return nil }
        self.words = words
        self.origin = origin
    }

    /// The program, as it was written: a name, an absolute path, or a path with `*` for each program of that form.
    public var program: String { words[0] }

    /// What the command must begin with after the program.
    public var leadingArguments: [String] { Array(words.dropFirst()) }

    /// The entry as text.
    public var spelling: String { words.joined(separator: " ") }

    /// Whether everything that `other` allows is allowed by this entry as well.
    ///
    /// Words are compared byte for byte. A path with `*` covers the paths of its form.
    public func covers(_ other: CommandEntry) -> Bool {
        guard words.count <= other.words.count else { return false }
        let sameProgram =
            program.utf8.elementsEqual(other.program.utf8)
            || (program.hasPrefix("/") && PathPattern.covers(program, other.program, beneath: false))
        return sameProgram && zip(words, other.words).dropFirst().allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Whether the arguments of the command begin with those of the entry, byte for byte. (To Swift, two ways of writing
    /// one accented letter are equal; to a program they are not.)
    func hasLeadingArguments(of argv: [String]) -> Bool {
        argv.count >= words.count && zip(words, argv).dropFirst().allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Writes the words and the origin.
    public func encode(to writer: inout ByteWriter) {
        writer.write(words)
        writer.write(origin)
    }

    /// Reads the words and the origin.
    public init(from reader: inout ByteReader) throws(RecordError) {
        let start = reader.position
        words = try reader.strings()
        origin = try reader.value()
        guard !words.isEmpty else { throw .malformed("an entry without a word", at: start) }
    }
}
