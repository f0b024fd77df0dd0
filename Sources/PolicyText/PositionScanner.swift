/// Walks over the text of a TOML document and notes where its keys and values stand, which TOMLKit does not tell.
///
/// It decides nothing: TOMLKit says what a document means. But whatever this walk can't follow is refused before TOMLKit
/// sees it, because toml++ ends the process by an assertion on some broken texts (`[[[`), and because TOMLKit cuts a
/// string off at `\u0000`.
struct PositionScanner {
    let bytes: [UInt8]
    var place = 0
    private var index = PositionIndex()
    private var arrays: [DocumentPath: Int] = [:]
    private var depth = 0

    /// How deep arrays and inline tables may be nested, and how many parts a key has. What reads a document takes the square of it.
    private static let deepest = 16

    /// The places of a document in UTF-8 without NUL.
    static func scan(_ bytes: [UInt8]) throws(SyntaxProblem) -> PositionIndex {
        var scanner = PositionScanner(bytes: bytes)
        try scanner.document()
        return scanner.index
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func document() throws(SyntaxProblem) {
        var table = DocumentPath.root
        try skipBlankLines()
        while let byte = peek() {
            if byte == UInt8(ascii: "[") { table = try header() } else { try pair(in: table) }
            skipSpaces()
            guard skipComment() || atLineEnd else { throw problem("only a comment may follow on this line") }
            try skipBlankLines()
        }
    }

    /// `[a.b]` or `[[a.b]]`; returns the path of the table that it opens.
    private mutating func header() throws(SyntaxProblem) -> DocumentPath {
        place += 1
        let isArray = skip(UInt8(ascii: "["))
        skipSpaces()
        let keys = try dottedKey()
        skipSpaces()
        guard skip(UInt8(ascii: "]")), !isArray || skip(UInt8(ascii: "]")) else {
            throw problem(isArray ? "the name of a table in an array ends with ]]" : "the name of a table ends with ]")
        }
        var path = DocumentPath.root
        for (key, offset) in keys.dropLast() { path = enter(key, of: path, at: offset) }
        guard let (key, offset) = keys.last else { return path }
        return isArray ? add(to: key, of: path, at: offset) : enter(key, of: path, at: offset)
    }

    /// A table by its name; of an array of tables, its last one.
    private mutating func enter(_ key: String, of table: DocumentPath, at offset: Int) -> DocumentPath {
        let path = table.appending(key)
        index.note(key: path, at: offset)
        return arrays[path].map { path.appending($0) } ?? path
    }

    /// One more table of an array of tables.
    private mutating func add(to key: String, of table: DocumentPath, at offset: Int) -> DocumentPath {
        let path = table.appending(key)
        index.note(key: path, at: offset)
        let number = arrays[path].map { $0 + 1 } ?? 0
        arrays[path] = number
        index.note(key: path.appending(number), at: offset)
        return path.appending(number)
    }

    /// `a.b = value`.
    private mutating func pair(in table: DocumentPath) throws(SyntaxProblem) {
        var path = table
        for (key, offset) in try dottedKey() {
            path = path.appending(key)
            index.note(key: path, at: offset)
        }
        skipSpaces()
        guard skip(UInt8(ascii: "=")) else { throw problem("a key is followed by =") }
        skipSpaces()
        try value(path)
    }

    /// A key, or several with dots between them, and where each begins.
    private mutating func dottedKey() throws(SyntaxProblem) -> [(String, Int)] {
        var keys = [try key()]
        skipSpaces()
        while skip(UInt8(ascii: ".")) {
            guard keys.count < Self.deepest else { throw problem("keys are nested too deeply") }
            skipSpaces()
            keys.append(try key())
            skipSpaces()
        }
        return keys
    }

    private mutating func value(_ path: DocumentPath) throws(SyntaxProblem) {
        index.note(value: path, at: place)
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try skipString()
        case UInt8(ascii: "["): try nested { (scanner) throws(SyntaxProblem) in try scanner.array(path) }
        case UInt8(ascii: "{"): try nested { (scanner) throws(SyntaxProblem) in try scanner.inlineTable(path) }
        default: try skipScalar()
        }
    }

    private mutating func nested(
        _ body: (inout PositionScanner) throws(SyntaxProblem) -> Void
    ) throws(SyntaxProblem) {
        guard depth < Self.deepest else { throw problem("values are nested too deeply") }
        depth += 1
        try body(&self)
        depth -= 1
    }

    private mutating func array(_ path: DocumentPath) throws(SyntaxProblem) {
        place += 1
        var number = 0
        try skipBlankLines()
        while !skip(UInt8(ascii: "]")) {
            let element = path.appending(number)
            index.note(key: element, at: place)
            try value(element)
            number += 1
            try skipBlankLines()
            if skip(UInt8(ascii: ",")) {
                try skipBlankLines()
            } else if peek() != UInt8(ascii: "]") {
                throw problem("the elements of an array are separated by , and end with ]")
            }
        }
    }

    private mutating func inlineTable(_ path: DocumentPath) throws(SyntaxProblem) {
        place += 1
        skipSpaces()
        if skip(UInt8(ascii: "}")) { return }
        while true {
            try pair(in: path)
            skipSpaces()
            if skip(UInt8(ascii: "}")) { return }
            guard skip(UInt8(ascii: ",")) else {
                throw problem("the keys of an inline table are separated by , and end with } on the same line")
            }
            skipSpaces()
        }
    }
}
