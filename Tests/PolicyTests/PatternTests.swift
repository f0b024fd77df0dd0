import Testing

@testable import Policy

@Suite("Patterns and spellings")
struct PatternTests {
    @Test(
        "* stands for any run of bytes and nothing else is special",
        arguments: [
            ("*", "", true), ("a*", "a", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("*.c", "x.c", true),
            ("a?c", "abc", false), ("[a]", "a", false), ("**", "x/y", true), ("a*b*c", "a1b2b3c", true), ("", "", true),
            ("", "a", false), ("A", "a", false), ("*é", "caf\u{e9}", true), ("e\u{301}", "\u{e9}", false),
        ])
    func globs(pattern: String, text: String, expected: Bool) {
        #expect(Glob.matches(pattern, text) == expected)
    }

    @Test("a pattern made to go wrong takes no longer than its length allows")
    func globTime() {
        let pattern = String(repeating: "a*", count: 200) + "b"
        #expect(!Glob.matches(pattern, String(repeating: "a", count: 2000)))
    }

    @Test(
        "the distance counts insertions, deletions, replacements and swaps",
        arguments: [
            ("", "", 0), ("allow", "alow", 1), ("allow", "allwo", 1), ("wall", "walls", 1), ("abc", "xyz", 3),
            ("", "abc", 3),
            ("memory", "memroy", 1),
        ])
    func distance(left: String, right: String, expected: Int) {
        #expect(EditDistance.between(left, right) == expected)
        #expect(EditDistance.between(right, left) == expected)
    }

    @Test("only a near spelling is offered, and the nearest of them")
    func nearest() {
        let keys = ["wall", "swap", "allow", "allow_all"]
        #expect(EditDistance.nearest(to: "alow", among: keys) == "allow")
        #expect(EditDistance.nearest(to: "allowall", among: keys) == "allow_all")
        #expect(EditDistance.nearest(to: "zzzzzzzz", among: keys) == nil)
    }

    @Test(
        "paths match by components",
        arguments: [
            ("/srv/*", "/srv/a", true), ("/srv/*", "/srv/a/b", false), ("/srv/*", "/srv", false),
            ("/usr/lib/gcc/*/*/cc1", "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", true), ("/a/**/b", "/a/b", true),
            ("/a/**/b", "/a/x/y/b", true), ("/a/**/b", "/a/x/c", false), ("/a*", "/ab/c", false),
        ])
    func paths(pattern: String, path: String, expected: Bool) {
        #expect(PathPattern.matches(pattern, path) == expected)
    }

    @Test("a path takes no longer than its length and that of the pattern allow, however many ** there are")
    func pathTime() {
        let pattern = "/" + String(repeating: "**/a/", count: 12) + "b"
        #expect(!PathPattern.matches(pattern, String(repeating: "/a", count: 2000)))
    }

    @Test("several patterns are followed together, and it is known where none can match any more")
    func walk() {
        let walk = PatternWalk(["/a/**/x", "/a/b*/c"])
        #expect(walk.place(of: "/b").isDead && !walk.place(of: "/a").isDead)
        #expect(walk.isMatch(walk.place(of: "/a/bb/c")) && walk.isMatch(walk.place(of: "/a/x")))
        #expect(!walk.isMatch(walk.place(of: "/a/bb/d")) && !walk.place(of: "/a/bb/d").isDead)
        #expect(PatternWalk(["/a/b*/c"]).place(of: "/a/c").isDead)
    }

    @Test(
        "one place covers another only where every path of the other is one of its own",
        arguments: [
            ("/srv", "/srv/a", true, true), ("/srv", "/srv/a", false, false), ("/srv/a", "/srv", true, false),
            ("/srv", "/srvx", true, false), ("{workspace}", "{workspace}/out", true, true),
            ("{workspace}", "/srv", true, false),
            ("/srv/*", "/srv/a", false, true), ("/srv/*", "/srv/*", false, true), ("/srv/a*", "/srv/*", false, false),
            ("/srv/*", "/srv/a*", false, true), ("/srv/a", "/srv/*", false, false), ("/", "/srv", true, true),
            ("/a/**/b", "/a/x/b", false, false), ("/a/**/b", "/a/**/b", false, true),
        ])
    func coverage(pattern: String, other: String, beneath: Bool, expected: Bool) {
        #expect(PathPattern.covers(pattern, other, beneath: beneath) == expected)
    }

    @Test(
        "variables that make programs run other code are known, alone and inside a pattern (C1 to C4)",
        arguments: [
            "LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "BASH_FUNC_x", "SHELLOPTS", "IFS", "PS4", "PROMPT_COMMAND",
            "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_COUNT", "PYTHONPATH", "PYTHONSTARTUP", "NODE_OPTIONS",
            "PERL5OPT", "PERL5LIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GCONV_PATH", "GLIBC_TUNABLES", "LOCPATH",
            "NLSPATH",
            "MALLOC_CONF", "LUA_INIT", "LESSOPEN", "PAGER", "EDITOR", "*", "L*", "LD*", "LD_*", "GIT*", "PYTHON*", "B*",
            "NODE_O*",
        ])
    func dangerousVariables(name: String) {
        #expect(EnvironmentRules.isDangerous(name))
    }

    @Test(
        "ordinary variables are not",
        arguments: ["LANG", "LC_*", "TERM", "TZ", "CFLAGS", "ANTHROPIC_API_KEY", "LDFLAGS", "X*"])
    func harmlessVariables(name: String) {
        #expect(!EnvironmentRules.isDangerous(name))
        #expect(!EnvironmentRules.isReserved(name))
        #expect(EnvironmentRules.isPattern(name))
    }

    @Test(
        "names of variables are what shells take for one",
        arguments: ["", "1A", "A-B", "A=B", "é", "A*B", "A B", "A**"])
    func malformedNames(name: String) {
        #expect(!EnvironmentRules.isPattern(name))
    }
}
