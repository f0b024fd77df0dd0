public import Records

/// A shape of argv after the program's name, as a rule writes it: words with `*` in them, and a last `*` for "whatever follows".
///
/// An allowing shape is read strictly: each word stands for one argument, in this order, and nothing else may be there.
/// A denying shape is read generously, because an attacker chooses the spelling: see ``denies(_:)``. With a `^` in front
/// it speaks only of what stands before the subcommand: `^-c *` is `git -c ...` and not `git ls-files -c`.
public struct ArgumentShape: Hashable, ByteCodable, CustomStringConvertible {
    /// The shape as it was written.
    public let text: String
    private let words: [String]
    private let isOpen: Bool
    private let isLeading: Bool

    /// Reads a shape. An empty one stands for no arguments at all.
    public init(_ text: String) {
        self.text = text
        isLeading = text.utf8.first == UInt8(ascii: "^")
        var words = text.drop { $0 == "^" }.split { $0 == " " || $0 == "\t" }.map { String($0) }
        isOpen = words.last == "*"
        if isOpen { words.removeLast() }
        self.words = words
    }

    /// Whether the arguments have exactly this shape.
    public func allows(_ arguments: [String]) -> Bool {
        guard isOpen ? arguments.count >= words.count : arguments.count == words.count else { return false }
        return zip(words, arguments).allSatisfy { Glob.matches($0, $1) }
    }

    /// Whether the arguments contain this shape in any spelling that a program could take for it.
    ///
    /// An option matches wherever it stands, abbreviated, with its value attached, or in a cluster of short ones; after
    /// `--` as well, since `--` can be the value of the option before it (`tar xf -- --to-command=sh`). Further words
    /// match in their order with anything in between, and whatever follows is never a way out. A first word that is a
    /// plain subcommand matches only where a subcommand can stand.
    public func denies(_ arguments: [String]) -> Bool {
        guard let first = words.first else { return isOpen || arguments.isEmpty }
        let starts = arguments.indices.filter { index in
            OptionSpelling.matches(first, arguments, at: index)
                && (!(isLeading || isSubcommand(first)) || Self.canBeSubcommand(arguments, at: index))
        }
        return starts.contains { continues(arguments, after: $0) }
    }

    /// Whether the words after the first follow in their order. The value of the first may be attached to it, as in
    /// `-cfoo` or `--output=x`: then nothing need follow for a word that is `*`.
    private func continues(_ arguments: [String], after start: Int) -> Bool {
        var index = start + 1
        for word in words.dropFirst() where word != "*" {
            while index < arguments.count, !OptionSpelling.matches(word, arguments, at: index) { index += 1 }
            guard index < arguments.count else { return false }
            index += 1
        }
        return true
    }

    private func isSubcommand(_ word: String) -> Bool {
        let letters = word.utf8.allSatisfy { byte in
            (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_") || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        }
        return letters && !OptionSpelling.isOption(word)
    }

    /// Whether everything before is an option or can be the value of one.
    private static func canBeSubcommand(_ arguments: [String], at index: Int) -> Bool {
        arguments[..<index].indices.allSatisfy { before in
            OptionSpelling.isOption(arguments[before])
                || (before > 0 && OptionSpelling.isOption(arguments[before - 1]))
        }
    }

    /// The shape as it was written.
    public var description: String { text }

    /// Writes the text.
    public func encode(to writer: inout ByteWriter) { writer.write(text) }

    /// Reads the text.
    public init(from reader: inout ByteReader) throws(RecordError) { self.init(try reader.string()) }
}
