import Foundation
import Policy
import TestSupport
import Testing

@Suite("A command string")
struct CommandStringTests {
    @Test(
        "is split at spaces and tabs, and quotes around plain words are taken away",
        arguments: [
            ("ls -l", ["ls", "-l"]), ("  ls\t -l  ", ["ls", "-l"]), ("", []), ("  ", []),
            ("echo 'a  b' \"c d\"", ["echo", "a  b", "c d"]), ("echo a'b'\"c\"d", ["echo", "abcd"]),
            ("echo '' \"\"", ["echo", "", ""]), ("echo 'a\"b' \"a'b\"", ["echo", "a\"b", "a'b"]),
            ("echo '$HOME `id` \\n * ? ; | #'", ["echo", "$HOME `id` \\n * ? ; | #"]),
            ("echo \"a;b|c&d*?[#~!(){}<>\"", ["echo", "a;b|c&d*?[#~!(){}<>"]),
            ("echo 'a\nb'", ["echo", "a\nb"]), ("git log --format=%H", ["git", "log", "--format=%H"]),
            ("find . -name x -exec ls {} +", ["find", ".", "-name", "x", "-exec", "ls", "{}", "+"]),
            ("echo a~b a#b a!b ~", nil), ("git show HEAD~1 a@{1} @{u}", ["git", "show", "HEAD~1", "a@{1}", "@{u}"]),
            ("make CC=gcc", ["make", "CC=gcc"]), ("echo ]", ["echo", "]"]), ("date +%s", ["date", "+%s"]),
            ("écho ☃ 日本 👩‍👩‍👧", ["écho", "☃", "日本", "👩‍👩‍👧"]), ("echo e\u{301} \u{301}", ["echo", "e\u{301}", "\u{301}"]),
            ("echo a\u{a0}b a\u{2028}b a\u{b}b", ["echo", "a\u{a0}b", "a\u{2028}b", "a\u{b}b"]),
        ] as [(String, [String]?)])
    func words(text: String, expected: [String]?) {
        guard let expected else { return #expect(!isWords(CommandString(text))) }
        #expect(CommandString(text) == .words(expected))
    }

    private func isWords(_ command: CommandString) -> Bool {
        if case .words = command { true } else { false }
    }

    @Test(
        "names the character that needs a shell, and its column",
        arguments: [
            ("a; b", ";", 2), ("a & b", "&", 3), ("a|b", "|", 2), ("a <b", "<", 3), ("a >b", ">", 3), ("(a)", "(", 1),
            ("a )", ")", 3), ("a $b", "$", 3), ("a `b`", "`", 3), ("a \\b", "\\", 3), ("a\nb", "\\n", 2),
            ("a\rb", "\\r", 2), ("a\r\nb", "\\r", 2), ("a *", "*", 3), ("a b?", "?", 4), ("a [b]", "[", 3),
            ("a ~", "~", 3), ("a #b", "#", 3), ("! a", "!", 1), ("{ a; }", "{", 1), ("{\ta", "{", 1), ("{", "{", 1),
            ("a {b,c}", "{", 3),
            ("a b{1..3}", "{", 4), ("A=b c", "=", 2), ("_A1=b", "=", 4), ("a \"$b\"", "$", 4), ("a \"`b`\"", "`", 4),
            ("a \"b\\\\\"", "\\", 5), ("a 2>b", ">", 4), ("é 日本;", ";", 5), ("a '\n' |", "|", 7), ("a b&&c", "&", 4),
        ])
    func shellCharacter(text: String, character: String, column: Int) {
        #expect(CommandString(text) == .needsShell(character: character, column: column))
    }

    @Test(
        "names the column of a quote that is not closed",
        arguments: [("a 'b", 3), ("a \"b", 3), ("a 'b\"", 3), ("'", 1), ("é \"", 3), ("a b'c'd'", 8)])
    func unclosed(text: String, column: Int) {
        #expect(CommandString(text) == .unclosedQuote(column: column))
    }

    @Test("is an assignment only in the first word, and only with a name before the sign")
    func assignments() {
        for text in ["=b", "1A=b", "a-b=c", "./a=b", "echo A=b", "é=b"] {
            #expect(isWords(CommandString(text)), "\(text)")
        }
        for text in ["A=", "A=b", " A=b c", "\"A\"=b"] { #expect(!isWords(CommandString(text)), "\(text)") }
    }

    @Test("that is split says what sh would make of it", arguments: UInt64(0)..<20)
    func agreesWithShell(seed: UInt64) throws {
        var random = SplitMix(seed)
        var compared = 0
        while compared < 12 {
            let text = Self.candidate(&random)
            guard case .words(let words) = CommandString(text), !words.isEmpty else { continue }
            compared += 1
            #expect(try Self.shellWords(text) == words, "\(text)")
        }
    }

    private static let pieces = [
        "a", "b", "Z", "1", "é", "日", " ", " ", "\t", "'", "'", "\"", "\"", "$", "`", "\\", "\n", "*", "?", "[", "]",
        "~",
        "#", "!", "{", "}", ",", "..", "=", "-", "+", ".", "/", ":", "%", "^", "@", "_", "(", ")", "<", ">", "|", "&",
        ";",
    ]

    private static func candidate(_ random: inout SplitMix) -> String {
        (0..<Int.random(in: 1...10, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    /// What sh hands to a program. The words stand behind printf's format, where nothing is a command; printf is built in,
    /// and without a PATH there is no other program.
    private static func shellWords(_ text: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "printf '%s\\0' \(text)"]
        process.environment = ["PATH": "/nonexistent"]
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        let output = Pipe()
        (process.standardOutput, process.standardError, process.standardInput) = (output, FileHandle.nullDevice, nil)
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test("of a megabyte is read in linear time", .timeLimit(.minutes(1)))
    func long() {
        let size = 1 << 20
        #expect(CommandString(String(repeating: "a", count: size)) == .words([String(repeating: "a", count: size)]))
        #expect(
            CommandString(String(repeating: "a{", count: size / 2))
                == .words([String(repeating: "a{", count: size / 2)]))
        #expect(CommandString("'" + String(repeating: "b", count: size)) == .unclosedQuote(column: 1))
    }
}
