import Patterns
import Testing

@Suite("What a pattern means")
struct SyntaxTests {
    static func check(_ pattern: String, _ text: String, _ end: Int?) throws {
        #expect(try OutputPattern.firstEnd(pattern, Array(text.utf8)) == end, "\(pattern) on \(text.debugDescription)")
    }

    @Test(
        "literals, any character, branches and groups",
        arguments: [
            ("", "abc", 0), ("b", "abc", 2), ("bc", "abc", 3), ("x", "abc", nil), ("abc", "ab", nil),
            ("a.c", "abc", 3), ("a.c", "a\nc", nil), ("(?s)a.c", "a\nc", 3), ("cat|dog", "hotdog", 6),
            ("a(b|c)d", "acd", 3), ("a(?:b|)c", "ac", 2), ("(?<name>a)(?P<other>b)", "ab", 2), ("a|", "b", 0),
            ("{", "{", 1), ("a{", "a{", 2), ("{\"ok\":true}", "x{\"ok\":true}", 12), ("]}", "]}", 2),
            ("a{x}", "a{x}", 4),
            ("a-b", "a-b", 3), ("✓ done", "✓ done", 8), ("é", "e\u{301}", nil), ("日.語", "日本語", 9),
        ] as [(String, String, Int?)])
    func simple(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }

    @Test(
        "repetitions, greedy or lazy: the match that ends first",
        arguments: [
            ("a*", "aaa", 0), ("a+", "baaa", 2), ("ab?c", "ac", 2), ("ab?c", "abbc", nil), ("a+?b", "aab", 3),
            ("a{3}", "aaaa", 3), ("a{2,3}b", "aaaab", 5), ("^a{2,3}b", "aaaab", nil), ("a{2,}b", "ab aab", 6),
            ("a{0}b", "b", 1), ("(ab){2}", "abab", 4), ("a{2,3}?b", "aab", 3), ("a??b", "ab", 2), ("x*y", "xxz y", 5),
            ("^a{0,2}b", "aaab", nil), ("(a|b{2})+c", "abbac", 5), ("a{1}b", "ab", 2), ("(a{2}){2}", "aaaa", 4),
            ("(a*)*b", "aab", 3), ("(){1000}a", "a", 1), ("a{3,3}", "aaa", 3),
        ] as [(String, String, Int?)])
    func repetitions(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }

    @Test(
        "classes",
        arguments: [
            ("[abc]+x", "abcx", 4), ("[^abc]", "abcd", 4), ("[a-c]d", "xbd", 3), ("[]a]b", "]b", 2),
            ("[^]a]", "]ab", 3),
            ("[a-]x", "-x", 2), ("[-a]x", "-x", 2), ("[a\\]]x", "]x", 2), ("[\\d.]+$", "v1.2", 4),
            ("[^\\d\\s]", "1 a", 3),
            ("[\\w-]+:", "a-b:", 4), ("[[:alpha:]]+\\d", "ab1", 3), ("[^[:space:]]", " \tx", 3), ("[a-\\d]x", "-x", 2),
            ("[✓✗] ok", "✗ ok", 6), ("[а-я]+!", "да!", 5), ("[^✓]", "✓x", 4), ("[\\b]", "\u{8}", 1),
            ("[.*+]a", "+a", 2),
            ("[[]a", "[a", 2), ("[a:]b", ":b", 2), ("[[:x]b", ":b", 2), ("[\\x41-\\x43]x", "Bx", 2), ("[^a]", "\n", 1),
        ] as [(String, String, Int?)])
    func classes(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }

    @Test(
        "escapes",
        arguments: [
            ("\\.", "a.", 2), ("\\d\\d", "a12", 3), ("\\D", "1a", 2), ("\\w", "-_", 2), ("\\W", "a-", 2),
            ("\\s", "a b", 2),
            ("\\S", " b", 2), ("\\t\\n\\r", "\t\n\r", 3), ("\\x41", "A", 1), ("\\x{41}", "A", 1),
            ("\\u{1F600}", "😀", 4),
            ("\\u0041", "A", 1), ("\\xe9", "é", 2), ("\\e\\[0m", "\u{1B}[0m", 4), ("\\033\\[", "\u{1B}[", 2),
            ("\\$\\^\\(\\)\\[\\{\\|\\\\", "$^()[{|\\", 8), ("\\/\\-\\_\\ ", "/-_ ", 4), ("\\0", "\0", 1),
            ("\\d", "٣", nil),
            ("\\w", "é", nil), ("\\W", "é", 2),
        ] as [(String, String, Int?)])
    func escapes(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }

    @Test(
        "anchors are of lines, and a terminal's carriage return is an end of line",
        arguments: [
            ("^b", "a\nb", 3), ("^b", "ab", nil), ("a$", "a\nb", 1), ("a$", "ab", nil), ("a$", "a", 1),
            ("a$", "a\r\n", 1),
            ("^$", "a\n\nb", 2), ("^$", "a\r\n\r\n", 3), ("$", "", 0), ("^", "", 0), ("a$\\nb", "a\nb", 3),
            ("\\Ab", "a\nb", nil),
            ("\\Aa", "ab", 1), ("a\\z", "a\na", 3), ("(^|,)b", "a,b", 3), ("a$b", "ab", nil), ("(?m)^b", "a\nb", 3),
            ("^^b$$", "b", 1), ("(^a|b$)c?", "xb\n", 2), ("^*b", "ab", 2),
        ] as [(String, String, Int?)])
    func anchors(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }

    @Test(
        "boundaries of words",
        arguments: [
            ("\\bok\\b", "book ok.", 7), ("\\bok\\b", "ok", 2), ("\\bok\\b", "oks", nil), ("\\Bk", "ok", 2),
            ("\\Bok", "ok", nil),
            ("o\\B", "ok", 1), ("a\\bé", "aé", 3), ("\\b", "", nil), ("\\B", "", 0),
            ("\\b\\d+ passed", "x1 2 passed", 11),
            ("a\\b\\b$", "a", 1), ("ok\\b", "ok✓", 2),
        ] as [(String, String, Int?)])
    func boundaries(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }

    @Test(
        "flags, from where they stand to the end of their group",
        arguments: [
            ("(?i)ready", "READY", 5), ("ready", "READY", nil), ("(?i)[a-c]x", "BX", 2), ("(?i)[^a]", "Ab", 2),
            ("(?i:a)b", "Ab", 2), ("(?i:a)b", "AB", nil), ("(?is)a.b", "A\nB", 3), ("(?i)a(?-i)b", "AB", nil),
            ("((?i)a)b", "AB", nil), ("((?i)a)b", "Ab", 2), ("(?i)É", "é", 2), ("(?i)[à-é]", "É", nil),
            ("(?i)k", "K", 1),
            ("(?i)\\x41", "a", 1), ("(?i)ß", "ß", 2), ("(?i)[é]", "É", 2), ("(?s-s:.)", "\n", nil), ("(?)a", "a", 1),
        ] as [(String, String, Int?)])
    func flags(pattern: String, text: String, end: Int?) throws {
        try Self.check(pattern, text, end)
    }
}
