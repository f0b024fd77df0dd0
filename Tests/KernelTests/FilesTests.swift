import Foundation
import Glibc
import Testing

@testable import Kernel

@Suite("Files")
struct FilesTests {
    @Test("replacing makes a file with the mode that was asked for, and then another file under its name")
    func replace() throws {
        let scratch = try Scratch()
        try Files.replace("a", with: [1, 2], mode: 0o640, at: scratch.directory)
        let before = try FileStatus.of("a", at: scratch.directory)
        #expect(before.permissions == 0o640 & ~currentMask())
        let reader = try Files.open("a", O_RDONLY, at: scratch.directory)
        try Files.replace("a", with: [3], at: scratch.directory, durable: false)
        #expect(try Files.contents("a", at: scratch.directory) == [3])
        #expect(try FileStatus.of("a", at: scratch.directory).inode != before.inode)
        #expect(try Transfer.readAll(reader.number) == [1, 2], "whoever has it open still reads the old one")
        #expect(try Files.names(in: scratch.path) == ["a"])
    }

    @Test("a replacement that fails leaves the old file, and nothing beside it")
    func failedReplace() async {
        await #expect(processExitsWith: .success) {
            Processes.ignore(SIGXFSZ)
            let scratch = try Scratch()
            try scratch.write("a", "old")
            var limit = rlimit(rlim_cur: 100, rlim_max: rlim_t.max)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #expect(throws: Errno(rawValue: EFBIG)) {
                try Files.replace("a", with: [UInt8](repeating: 1, count: 200), at: scratch.directory)
            }
            limit.rlim_cur = rlim_t.max
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #expect(try Files.names(in: scratch.path) == ["a"])
            #expect(try scratch.text("a") == "old")
        }
    }

    @Test("a file can't replace a directory, and nothing is left beside it")
    func replaceDirectory() throws {
        let scratch = try Scratch()
        try Files.makeDirectory("a", at: scratch.directory)
        #expect(throws: Errno(rawValue: EISDIR)) { try Files.replace("a", with: [1], at: scratch.directory) }
        #expect(try Files.names(in: scratch.path) == ["a"])
    }

    @Test("opening beneath a directory finds what is in it, also through links that stay in it")
    func openBeneath() throws {
        let scratch = try Scratch()
        try Files.makeDirectories("\(scratch.path)/a/b")
        try scratch.write("a/file", "inside")
        try Files.link("../file", as: "a/b/link", at: scratch.directory)
        for path in ["a/file", "a/b/../file", "./a/file", "a/b/link"] {
            let file = try Files.openBeneath(scratch.directory, path, O_RDONLY)
            #expect(try Transfer.readAll(file.number) == Array("inside".utf8), "\(path)")
        }
        #expect(throws: Errno(rawValue: ELOOP)) {
            try openBeneath(scratch, "a/b/link", noSymbolicLinks: true)
        }
    }

    @Test(
        "opening beneath a directory never leaves it",
        arguments: [
            "../secret", "a/../../secret", "/etc/passwd", "absolute", "up", "up/../secret", "magic",
            "a/b/../../../secret", "",
        ])
    func leaving(path: String) throws {
        let outer = try Scratch()
        try outer.write("secret", "outside")
        let inner = "\(outer.path)/inner"
        try Files.makeDirectories("\(inner)/a/b")
        try Files.link("\(outer.path)/secret", as: "\(inner)/absolute")
        try Files.link("..", as: "\(inner)/up")
        try Files.link("/proc/self/root/etc/passwd", as: "\(inner)/magic")
        let directory = try Files.open(inner, O_RDONLY | O_DIRECTORY)
        #expect(throws: Errno.self) {
            _ = try Files.openBeneath(directory.number, path, O_RDONLY).number
        }
    }

    private func openBeneath(_ scratch: Scratch, _ path: String, noSymbolicLinks: Bool) throws(Errno) {
        _ = try Files.openBeneath(scratch.directory, path, O_RDONLY, noSymbolicLinks: noSymbolicLinks).number
    }

    @Test("contents are whole, and more than the limit is refused before it is read")
    func contents() throws {
        let scratch = try Scratch()
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try Files.replace("a", with: bytes, at: scratch.directory)
        #expect(try Files.contents("a", at: scratch.directory, limit: 10_000) == bytes)
        #expect(throws: Errno(rawValue: EFBIG)) { try Files.contents("a", at: scratch.directory, limit: 9_999) }
        #expect(truncate("\(scratch.path)/a", 1 << 43) == 0)
        #expect(throws: Errno(rawValue: EFBIG)) { try Files.contents("a", at: scratch.directory, limit: 9_999) }
    }

    @Test("files of /proc, whose size is 0, are read whole")
    func procFile() throws {
        #expect(try Files.contents("/proc/self/maps").count > 4096)
    }

    @Test("an advisory lock has one holder, who may share it by a duplicate; it ends with the last descriptor")
    func lock() throws {
        let scratch = try Scratch()
        try scratch.write("a", "")
        let path = "\(scratch.path)/a"
        let second = try Files.open(path, O_RDWR)
        do {
            let first = try Files.open(path, O_RDWR)
            #expect(try Files.lock(first.number))
            #expect(try !Files.lock(second.number))
            let shared = try first.duplicate()
            #expect(try Files.lock(shared.number))
        }
        #expect(try Files.lock(second.number))
    }

    @Test("a link is where it points to, and an open file knows its path")
    func links() throws {
        let scratch = try Scratch()
        try Files.link("no such/target", as: "a", at: scratch.directory)
        #expect(try Files.target("a", at: scratch.directory) == "no such/target")
        #expect(try Files.path(of: scratch.directory) == scratch.path)
        #expect(throws: Errno(rawValue: ENOENT)) { try openForReading("a", scratch) }
        #expect(throws: Errno(rawValue: EEXIST)) { try Files.link("b", as: "a", at: scratch.directory) }
    }

    private func openForReading(_ name: String, _ scratch: Scratch) throws(Errno) {
        _ = try Files.open(name, O_RDONLY, at: scratch.directory).number
    }

    private func currentMask() -> UInt32 {
        let mask = umask(0o022)
        umask(mask)
        return mask
    }
}
