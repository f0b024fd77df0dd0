import Glibc
import Testing

@testable import Kernel

@Suite("Sockets by name")
struct LocalSocketTests {
    @Test("a connection carries messages both ways and says who is at the other end, however long the directory's path")
    func connection() throws {
        let scratch = try Scratch()
        let long = "\(scratch.path)/" + String(repeating: "long", count: 50)
        try Files.makeDirectory(long)
        let directory = try Files.open(long, O_RDONLY | O_DIRECTORY)
        let listener = try LocalSocket.listen(at: directory.number, "control")
        let client = try LocalSocket.connect(at: directory.number, "control")
        let server = try LocalSocket.accept(listener.number)
        try Transfer.send(client.number, [1, 2])
        #expect(try Transfer.receive(server.number, limit: 10).bytes == [1, 2])
        try Transfer.send(server.number, [3])
        #expect(try Transfer.receive(client.number, limit: 10).bytes == [3])
        #expect(try LocalSocket.peer(server.number) == geteuid())
        #expect(fcntl(server.number, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test("a name that nobody listens on any more, one that is missing, one that is taken, one that is too long")
    func failures() throws {
        let scratch = try Scratch()
        do { _ = try LocalSocket.listen(at: scratch.directory, "a").number }
        expect(ECONNREFUSED) { () throws(Errno) in _ = try LocalSocket.connect(at: scratch.directory, "a").number }
        expect(EADDRINUSE) { () throws(Errno) in _ = try LocalSocket.listen(at: scratch.directory, "a").number }
        expect(ENOENT) { () throws(Errno) in _ = try LocalSocket.connect(at: scratch.directory, "b").number }
        let long = String(repeating: "x", count: 100)
        expect(ENAMETOOLONG) { () throws(Errno) in _ = try LocalSocket.listen(at: scratch.directory, long).number }
    }

    private func expect(
        _ number: Int32, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(Errno) -> Void
    ) {
        #expect(throws: Errno(rawValue: number), sourceLocation: sourceLocation) { try body() }
    }
}
