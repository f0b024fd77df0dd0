import Glibc
import Testing

@testable import Kernel

@Suite("Watching directories")
struct DirectoryWatchTests {
    @Test("names that come, go and are renamed are heard of, each of its directory, and nothing else")
    func changes() throws {
        let scratch = try Scratch()
        try Files.makeDirectories("\(scratch.path)/a", mode: 0o700)
        try Files.makeDirectories("\(scratch.path)/b", mode: 0o700)
        let watch = try DirectoryWatch()
        let (a, b) = (try watch.add("\(scratch.path)/a"), try watch.add("\(scratch.path)/b"))
        #expect(try watch.changes().isEmpty)
        let file = try Files.open("\(scratch.path)/a/one", O_WRONLY | O_CREAT, mode: 0o600)
        try Transfer.write(file.number, "x")
        try Files.rename("\(scratch.path)/a/one", to: "\(scratch.path)/b/two", at: AT_FDCWD)
        #expect(try Poll.now(watch.descriptor, Int32(POLLIN)) != 0)
        let heard = try watch.changes().map { "\($0.directory == a ? "a" : $0.directory == b ? "b" : "?")/\($0.name)" }
        #expect(heard == ["a/one", "a/one", "b/two"])
        try watch.remove(b)
        #expect(try watch.changes().allSatisfy { $0.name.isEmpty })
        _ = try checked { unlink("\(scratch.path)/b/two") }
        #expect(try watch.changes().isEmpty)
    }

    @Test("what is no directory can't be watched")
    func noDirectory() throws {
        let watch = try DirectoryWatch()
        #expect(throws: Errno.self) { try watch.add("/dev/null") }
        #expect(throws: Errno.self) { try watch.add("/no/such/place") }
    }
}
