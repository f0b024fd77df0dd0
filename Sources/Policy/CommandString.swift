/// A command given as one string: split at its spaces, or recognized as something that only a shell understands.
///
/// Quotes are taken away, because people and models write them around plain words. Whatever a shell would expand,
/// redirect or chain is never interpreted here: it is named, and the caller is offered argv instead.
public enum CommandString: Equatable, Sendable {
    /// The words of a string without shell syntax.
    case words([String])
    /// A shell would do something here: which character, and where it stands, counted in Unicode scalars from 1.
    case needsShell(character: String, column: Int)
    /// A quote that is not closed, at this column.
    case unclosedQuote(column: Int)

    /// Reads a command string.
    public init(_ text: String) {
        var splitter = Splitter(text)
        self = splitter.run()
    }
}

private struct Splitter {
    private let characters: [Unicode.Scalar]
    private var place = 0
    private var words: [String] = []
    private var word: String.UnicodeScalarView?
    /// Where the run ends in which braces were looked at last, and where in it the last sign of an expansion stands.
    private var braces = (end: 0, sign: -1)

    init(_ text: String) {
        characters = Array(text.unicodeScalars)
    }

    mutating func run() -> CommandString {
        while place < characters.count {
            if let stop = next() { return stop }
            place += 1
        }
        endWord()
        return .words(words)
    }

    /// Takes in one character, or a quoted run of them; what ends the reading, if something does.
    private mutating func next() -> CommandString? {
        let character = characters[place]
        switch character {
        case " ", "\t": endWord()
        case "'", "\"": return quoted(character)
        case ";", "&", "|", "<", ">", "(", ")", "$", "`", "\\", "\n", "\r", "*", "?", "[": return shell(character)
        case "~", "#", "!": if word == nil { return shell(character) } else { append(character) }
        case "{": if isGroup() { return shell(character) } else { append(character) }
        case "=": if isAssignment { return shell(character) } else { append(character) }
        default: append(character)
        }
        return nil
    }

    private var isAssignment: Bool { words.isEmpty && isName(String(word ?? .init())) }

    /// A brace by itself groups commands, and one with a comma or two dots behind it is expanded by many shells. `{}` is
    /// plain.
    private mutating func isGroup() -> Bool {
        // One run is searched once, however many braces it has.
        if place >= braces.end { braces = braceRun(from: place + 1) }
        let next = place + 1 < characters.count ? characters[place + 1] : " "
        return braces.sign > place || word == nil && (next == " " || next == "\t")
    }

    private func braceRun(from start: Int) -> (end: Int, sign: Int) {
        let end = characters[start...].firstIndex { $0 == "}" || $0 == " " } ?? characters.count
        let sign = (start..<end).last { at in
            characters[at] == "," || characters[at] == "." && at + 1 < end && characters[at + 1] == "."
        }
        return (end, sign ?? -1)
    }

    private mutating func quoted(_ quote: Unicode.Scalar) -> CommandString? {
        let start = place
        place += 1
        word = word ?? .init()
        while place < characters.count, characters[place] != quote {
            // Between double quotes these three still mean something to a shell.
            if quote == "\"", ["$", "`", "\\"].contains(characters[place]) { return shell(characters[place]) }
            append(characters[place])
            place += 1
        }
        return place < characters.count ? nil : .unclosedQuote(column: start + 1)
    }

    private func shell(_ character: Unicode.Scalar) -> CommandString {
        .needsShell(
            character: character == "\n" ? "\\n" : character == "\r" ? "\\r" : String(Character(character)),
            column: place + 1)
    }

    private mutating func append(_ character: Unicode.Scalar) {
        if word == nil { word = .init() }
        word?.append(character)
    }

    private mutating func endWord() {
        if let word { words.append(String(word)) }
        word = nil
    }

    private func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
    }
}
