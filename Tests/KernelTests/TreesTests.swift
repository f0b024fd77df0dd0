import Foundation
import Glibc
import Testing

@testable import Kernel

@Suite("Directories and trees")
struct TreesTests {
    @Test("a tree is removed without following links out of it")
    func removeTree() throws {
        let scratch = try Scratch()
        try Files.makeDirectories("\(scratch.path)/kept/inner")
        try scratch.write("kept/file", "kept")
        try Files.makeDirectories("\(scratch.path)/tree/a/b")
        try scratch.write("tree/a/b/file", "gone")
        try Files.link("../kept", as: "tree/link", at: scratch.directory)
        try Files.link("\(scratch.path)/kept", as: "tree/a/absolute", at: scratch.directory)
        try Files.removeTree("tree", at: scratch.directory)
        #expect(try Files.names(in: scratch.path) == ["kept"])
        #expect(try scratch.text("kept/file") == "kept")
        #expect(try scratch.exists("kept/inner"))
    }

    @Test("a link in the tree's place is removed, and not what it points to")
    func removeLink() throws {
        let scratch = try Scratch()
        try Files.makeDirectory("kept", at: scratch.directory)
        try Files.link("kept", as: "link", at: scratch.directory)
        try Files.removeTree("link", at: scratch.directory)
        #expect(try Files.names(in: scratch.path) == ["kept"])
    }

    @Test("names that are no text are removed like others")
    func removeOddNames() throws {
        let scratch = try Scratch()
        try Files.makeDirectory("tree", at: scratch.directory)
        for bytes: [CChar] in [[-1, 0], [-61, 40, 0], [10, 0], [-19, -96, -128, 0]] {
            let name = Array("\(scratch.path)/tree/".utf8CString.dropLast()) + bytes
            #expect(mkdir(name, 0o700) == 0)
            let file = open(Array(name.dropLast()) + Array("/\u{fe}x".utf8CString), O_CREAT | O_WRONLY, 0o600)
            #expect(file >= 0)
            close(file)
        }
        try Files.removeTree("tree", at: scratch.directory)
        #expect(try Files.names(in: scratch.path).isEmpty)
    }

    @Test("what is already gone is no failure")
    func removeNothing() throws {
        let scratch = try Scratch()
        try Files.removeTree("nothing", at: scratch.directory)
    }

    @Test(
        "missing directories are made, existing ones are left alone, slashes don't matter",
        arguments: [
            "a/b/c", "a/b/c/", "a//b//c", "a/./b/c",
        ])
    func makeDirectories(path: String) throws {
        let scratch = try Scratch()
        for _ in 0..<2 { try Files.makeDirectories("\(scratch.path)/\(path)", mode: 0o700) }
        let status = try FileStatus.of("a/b/c", at: scratch.directory)
        #expect(status.isDirectory && status.permissions == 0o700)
    }

    @Test("a file in a directory's place is an error", arguments: ["a", "a/b"])
    func fileInTheWay(path: String) throws {
        let scratch = try Scratch()
        try scratch.write("a", "")
        #expect(throws: Errno(rawValue: ENOTDIR)) { try Files.makeDirectories("\(scratch.path)/\(path)") }
    }

    @Test("several that make the same directories at once all succeed")
    func concurrentDirectories() throws {
        let scratch = try Scratch()
        for round in 0..<50 {
            let path = "\(scratch.path)/\(round)/a/b/c/d"
            let threads = (0..<3).map { _ in
                Thread {
                    do { try Files.makeDirectories(path) } catch { Issue.record(error) }
                }
            }
            for thread in threads { thread.start() }
            while threads.contains(where: { !$0.isFinished }) { sched_yield() }
        }
    }

    @Test("the names in a directory are all there, without itself and its parent")
    func names() throws {
        let scratch = try Scratch()
        let expected = (0..<1000).map { "file number \($0)" } + [".hidden", "..."]
        for name in expected { try scratch.write(name, "") }
        #expect(try Files.names(in: scratch.path).sorted() == expected.sorted())
        #expect(throws: Errno(rawValue: ENOTDIR)) { try Files.names(in: "\(scratch.path)/...") }
    }

    @Test("kinds of files are told apart, and a link only where it is not followed")
    func status() throws {
        let scratch = try Scratch()
        try scratch.write("file", "12345")
        try Files.link("file", as: "link", at: scratch.directory)
        let file = try FileStatus.of("file", at: scratch.directory)
        #expect(file.isRegular && !file.isDirectory && file.size == 5 && file.links == 1)
        #expect(try FileStatus.of("link", at: scratch.directory) == file)
        #expect(try FileStatus.of("link", at: scratch.directory, follow: false).isSymbolicLink)
        #expect(try FileStatus.of(scratch.directory).isDirectory)
        #expect(file.owner == geteuid())
    }

    @Test(
        "a time that a program set to the end of all times does not end ours", arguments: [Int.max, Int.min, 1 << 40])
    func hostileTime(seconds: Int) throws {
        // tmpfs takes any time; other file systems have limits of their own.
        let memory = try Files.sealedMemory("time", [])
        var times = [timespec(tv_sec: seconds, tv_nsec: 999_999_999), timespec(tv_sec: seconds, tv_nsec: 999_999_999)]
        #expect(futimens(memory.number, &times) == 0)
        let status = try FileStatus.of(memory.number)
        #expect(seconds > 0 ? status.modified == Int64.max : status.modified == Int64.min)
    }
}
