import Glibc
import Testing

@testable import Kernel

@Suite("Paths, clocks and error numbers")
struct PathsTests {
    @Test(
        "a path is within its ancestor by components, not by letters",
        arguments: [
            ("/a/b", "/a", true), ("/a", "/a", true), ("/ab", "/a", false), ("/a", "/a/b", false), ("/x", "/", true),
            ("/a/b", "/a/", true), ("/", "/a", false),
        ])
    func isWithin(path: String, ancestor: String, expected: Bool) {
        #expect(Paths.isWithin(path, ancestor) == expected)
    }

    @Test(
        "what lies below an ancestor is told by bytes, so that two spellings of a letter are two names",
        arguments: [
            ("/a/b/c", "/a", "b/c"), ("/a", "/a", ""), ("/a//b", "/a", "b"), ("/a/b", "/a/", "b"), ("/x/y", "/", "x/y"),
            ("/日本/é/x", "/日本", "é/x"), ("/é/x", "/e\u{301}", nil), ("/e\u{301}/x", "/e", nil), ("/ab", "/a", nil),
            ("/a", "/a/b", nil),
        ] as [(String, String, String?)])
    func relative(path: String, ancestor: String, expected: String?) {
        #expect(Paths.relative(path, to: ancestor).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
        #expect(Paths.isWithin(path, ancestor) == (expected != nil))
    }

    @Test(
        "the parent, the name and the directories above",
        arguments: [
            ("/", nil, "", []), ("/a", "/", "a", []), ("/a/b", "/a", "b", ["/a"]), ("a", nil, "a", []),
            ("a/b", "a", "b", ["a"]),
            ("/a/b/c/d", "/a/b/c", "d", ["/a", "/a/b", "/a/b/c"]),
        ] as [(String, String?, String, [String])])
    func parts(path: String, parent: String?, name: String, ancestors: [String]) {
        #expect(Paths.parent(path) == parent)
        #expect(Paths.name(path) == name)
        #expect(Paths.ancestors(path) == ancestors)
    }

    @Test(
        "a relative path is joined with one slash, an absolute one stays",
        arguments: [("/a", "b", "/a/b"), ("/a/", "b", "/a/b"), ("/", "b", "/b"), ("/a", "/b", "/b")])
    func join(directory: String, path: String, expected: String) {
        #expect(Paths.join(directory, path) == expected)
    }

    @Test("components leave out empty ones and single dots")
    func components() {
        #expect(Paths.components("//a/./b//c/") == ["a", "b", "c"])
        #expect(Paths.components("/").isEmpty)
        #expect(Paths.components("../a") == ["..", "a"])
    }

    @Test("the monotonic clock is never set back, and the other one is in this century")
    func clocks() {
        var last = Clock.monotonic()
        for _ in 0..<1000 {
            let now = Clock.monotonic()
            #expect(now >= last)
            last = now
        }
        #expect((1_700_000_000_000_000_000..<4_000_000_000_000_000_000).contains(Clock.now()))
    }

    @Test("an error number has its name and a sentence")
    func errorNumbers() {
        #expect(Errno(rawValue: ENOENT).description == "No such file or directory (ENOENT)")
        #expect(Errno(rawValue: 4000).name == "errno 4000")
    }

    @Test("an interrupted call is made again; where it must not be, the interruption is the error")
    func interruptedCalls() throws {
        var calls = 0
        let result = try checked { () -> Int32 in
            calls += 1
            errno = EINTR
            return calls < 3 ? -1 : 7
        }
        #expect(result == 7 && calls == 3)
        calls = 0
        #expect(throws: Errno(rawValue: EINTR)) {
            try checkedOnce { () -> Int32 in
                calls += 1
                errno = EINTR
                return -1
            }
        }
        #expect(calls == 1)
    }
}
