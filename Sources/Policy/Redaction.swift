/// Takes the values of secrets out of a command before it is written or shown anywhere but in the task's own plan: `audit.redact`.
///
/// A pattern is compared without regard to the case of ASCII letters, with each word of each element of argv, so that a
/// command string for a shell is covered too. A name, or an option, that it stands for loses its value, which may follow the
/// sign `=` or be the next word: `--password=*` hides `--password=x` and `--password x`, `*_TOKEN` hides `API_TOKEN=x` and
/// `--API_TOKEN x`.
public struct Redaction: Sendable {
    /// What stands in the place of a value.
    public static let mark = "[redacted]"
    /// What is redacted where no policy could be read.
    public static let standard = Redaction([
        "*_TOKEN", "*_KEY", "*_SECRET", "*PASSWORD*", "--password=*", "--token=*",
    ])

    private let patterns: [RedactionPattern]

    /// The redaction by a policy's patterns.
    public init(_ patterns: [String]) {
        self.patterns = patterns.map(RedactionPattern.init)
    }

    /// argv without the values of secrets.
    public func arguments(_ arguments: [String]) -> [String] {
        guard !patterns.isEmpty else { return arguments }
        var hidesNext = false
        return arguments.map { argument in
            if hidesNext {
                hidesNext = false
                return Self.mark
            }
            return element(argument, &hidesNext)
        }
    }

    /// A variable's value, or the mark where its name is one of a secret.
    public func value(of variable: EnvironmentVariable) -> String {
        patterns.contains { $0.isName(variable.name) || $0.isOption(variable.assignment) }
            ? Self.mark : variable.value
    }

    /// A sentence that may quote a command, without the values that the redaction takes out of that command.
    public func sentence(_ text: String, about arguments: [String]) -> String {
        let shown = self.arguments(arguments)
        return zip(arguments, shown).reduce(text) { text, pair in
            pair.0 == pair.1 || pair.0.isEmpty ? text : Self.replacing(pair.0, with: pair.1, in: text)
        }
    }

    private static func replacing(_ old: String, with new: String, in text: String) -> String {
        let (source, pattern) = (Array(text.utf8), Array(old.utf8))
        var (found, place) = ([UInt8](), 0)
        while place < source.count {
            if source[place...].starts(with: pattern) {
                found += new.utf8
                place += pattern.count
            } else {
                found.append(source[place])
                place += 1
            }
        }
        return String(decoding: found, as: UTF8.self)
    }

    /// One element: a word, or several as in `sh -c`.
    private func element(_ text: String, _ hidesNext: inout Bool) -> String {
        var (found, word) = ("", "")
        var quote: Character?
        for character in text {
            guard Self.separators.contains(character) else {
                word.append(character)
                continue
            }
            found += self.word(word, &hidesNext, &quote)
            found.append(character)
            word = ""
        }
        return found + self.word(word, &hidesNext, &quote)
    }

    private static let separators: Set<Character> = [" ", "\t", "\n", "\r\n", "\r", ";", "&", "|", "(", ")", "<", ">"]

    /// - Parameter quote: The sign of a quoted value that began in a word before, and of which everything is hidden.
    private func word(_ text: String, _ hidesNext: inout Bool, _ quote: inout Character?) -> String {
        guard !text.isEmpty else { return text }
        if let sign = quote {
            if text.last == sign { quote = nil }
            return Self.mark
        }
        if hidesNext {
            hidesNext = false
            quote = Self.opened(text)
            return Self.mark
        }
        let quotes = text.prefix { $0 == "\"" || $0 == "'" }
        let bare = String(text.dropFirst(quotes.count))
        for pattern in patterns {
            switch pattern.secret(in: bare) {
            case .none: continue
            case .next: hidesNext = true
            case .rest(let shown):
                quote =
                    Self.opened(String(bare.dropFirst(shown.count))) ?? (quotes.last == text.last ? nil : quotes.last)
                return quotes + shown + Self.mark
            }
            return text
        }
        return text
    }

    /// The quote with which a value begins and does not end.
    private static func opened(_ value: String) -> Character? {
        guard let first = value.first, first == "\"" || first == "'" else { return nil }
        return value.count > 1 && value.last == first ? nil : first
    }
}

/// One pattern of `audit.redact`.
private struct RedactionPattern: Sendable {
    /// Where the secret is that a word announces.
    enum Secret {
        case none
        /// What comes after this beginning of the word.
        case rest(String)
        /// The word after it.
        case next
    }

    private let text: String
    /// What stands before a sign in the pattern, or the whole of it.
    private let name: String
    private let hasSign: Bool

    init(_ pattern: String) {
        text = Self.folded(pattern)
        name = String(text.prefix { $0 != "=" })
        hasSign = text.contains("=")
    }

    /// Whether the pattern stands for a variable of that name.
    func isName(_ name: String) -> Bool { !hasSign && Glob.matches(text, Self.folded(name)) }

    /// Whether it stands for a whole word with its value.
    func isOption(_ word: String) -> Bool { hasSign && Glob.matches(text, Self.folded(word)) }

    func secret(in word: String) -> Secret {
        let whole = Self.folded(word)
        if let sign = word.firstIndex(of: "=") {
            let front = Self.folded(String(word[..<sign]))
            if isOption(word) || Glob.matches(name, front) || Glob.matches(name, Self.stripped(front)) {
                return .rest(String(word[...sign]))
            }
        }
        guard word.hasPrefix("-") else { return .none }
        if Glob.matches(name, whole) || Glob.matches(name, Self.stripped(whole)) { return attached(word) }
        return .none
    }

    /// `-p*` is an option with its value attached; every other option has it in the next word.
    private func attached(_ word: String) -> Secret {
        let literal = text.prefix { $0 != "*" }
        guard !hasSign, literal.hasPrefix("-"), word.count > literal.count, text.hasSuffix("*") else { return .next }
        return .rest(String(word.prefix(literal.count)))
    }

    private static func stripped(_ word: String) -> String { String(word.drop { $0 == "-" }) }

    private static func folded(_ text: String) -> String {
        String(decoding: text.utf8.map { 65...90 ~= $0 ? $0 + 32 : $0 }, as: UTF8.self)
    }
}
