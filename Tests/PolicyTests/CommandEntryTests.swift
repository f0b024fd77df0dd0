import Testing

@testable import Policy

@Suite("Entries of the list")
struct CommandEntryTests {
    @Test(
        "an entry covers what begins with its words, byte for byte",
        arguments: [
            ("git", "git status", true), ("git status", "git", false), ("git status", "git status -s", true),
            ("git", "gitk", false), ("ls", "ls", true), ("/usr/bin/ls", "ls", false), ("/opt/*/x", "/opt/a/x", true),
            ("/opt/*/x", "/opt/a/b/x", false), ("/opt/a/x", "/opt/*/x", false), ("/opt/*/x", "/opt/*/x -v", true),
            ("caf\u{e9}", "cafe\u{301}", false), ("/opt/*", "/opt", false),
        ])
    func coverage(entry: String, other: String, expected: Bool) throws {
        let left = try #require(CommandEntry(entry, origin: .standard))
        let right = try #require(CommandEntry(other, origin: .standard))
        #expect(left.covers(right) == expected)
    }

    @Test("an entry without a word is none", arguments: ["", " ", "\t "])
    func emptyEntries(text: String) {
        #expect(CommandEntry(text, origin: .standard) == nil)
    }
}
