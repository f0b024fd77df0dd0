import Glibc
import Kernel
import TestSupport
import Testing

@testable import Launching

@Suite("Where policies are found")
struct PolicyLocationTests {
    private let scratch: Scratch
    private let location: PolicyLocation

    init() throws {
        scratch = try Scratch()
        try scratch.makeDirectory("policies")
        location = try PolicyLocation(["CAISSON_POLICIES": "\(scratch.path)/policies"])
    }

    @Test("the named directory comes first, then /etc, then what was installed")
    func order() throws {
        #expect(location.directories.first == "\(scratch.path)/policies")
        #expect(location.directories.dropFirst().first == "/etc/caisson/policies")
        #expect(location.directories.count > 2)
        #expect(try PolicyLocation(["CAISSON_POLICIES": ""]).directories.first == "/etc/caisson/policies")
        #expect(location.candidates("a").first == "\(scratch.path)/policies/a.toml")
        #expect(location.candidates("a").count == location.directories.count)
    }

    /// It is compared with workspaces, so that no task writes policies.
    @Test("the named directory is known by its real path, and absolute before it is there")
    func realPath() throws {
        let link = try scratch.link("link", to: "policies")
        #expect(try PolicyLocation(["CAISSON_POLICIES": link]).directories.first == "\(scratch.path)/policies")
        let current = try Host.currentDirectory()
        let relative = try PolicyLocation(["CAISSON_POLICIES": "nowhere/policies"])
        #expect(relative.directories.first == Paths.join(current, "nowhere/policies"))
    }

    @Test("a name is looked up, and its real path is the answer")
    func lookUp() throws {
        try scratch.write("elsewhere/real.toml")
        try scratch.link("policies/linked.toml", to: "../elsewhere/real.toml")
        try scratch.write("policies/plain.toml")
        #expect(try location.find("plain", allowsPath: false) == "\(scratch.path)/policies/plain.toml")
        #expect(try location.find("linked", allowsPath: false) == "\(scratch.path)/elsewhere/real.toml")
        #expect(try location.lookUp("nothing-of-that-name") == nil)
        #expect(try location.names().contains("plain"))
    }

    @Test("a path is one only for callers who may give one")
    func path() throws {
        let path = try scratch.write("elsewhere/own.toml")
        #expect(try location.find(path, allowsPath: true) == path)
        let names = [path, "../elsewhere/own", "../elsewhere/own.toml", "", ".", "..", ".hidden", "a/b"]
        for name in names {
            #expect(throws: LaunchError.self, "\(name)") { try location.find(name, allowsPath: false) }
        }
    }

    @Test("a name that nobody has is refused with the names that there are")
    func unknown() throws {
        try scratch.write("policies/plain.toml")
        let error = #expect(throws: LaunchError.self) { try location.find("plane", allowsPath: true) }
        #expect(error?.remedy.contains("plain") == true)
        #expect(error?.exitCode == 125)
        #expect(throws: LaunchError.self) { try location.find("\(scratch.path)/no.toml", allowsPath: true) }
    }

    @Test("a directory by the name of a policy is none")
    func directory() throws {
        try scratch.makeDirectory("policies/odd.toml")
        #expect(try location.lookUp("odd") == nil)
    }

    @Test("a file that its owner alone can write is read")
    func read() throws {
        let path = try scratch.write("policies/a.toml", "schema = 1", mode: 0o644)
        #expect(try PolicyLocation.read(path) == Array("schema = 1".utf8))
    }

    @Test(
        "a file that others can write is refused, and so is one in a directory that others can write",
        arguments: [0o664, 0o646, 0o666] as [UInt32])
    func writable(mode: UInt32) throws {
        let path = try scratch.write("policies/a.toml", mode: mode)
        let error = #expect(throws: LaunchError.self) { try PolicyLocation.read(path) }
        #expect(error?.remedy == "chmod go-w \(path)")
        let inside = try scratch.write("open/a.toml")
        try scratch.makeDirectory("open", mode: 0o777)
        #expect(throws: LaunchError.self) { try PolicyLocation.read(inside) }
        try scratch.makeDirectory("open", mode: 0o1777)
        #expect(try PolicyLocation.read(inside).isEmpty)
    }

    @Test("a file of somebody else is refused", .enabled(if: Host.user == 0, "only root can make one"))
    func stranger() throws {
        let path = try scratch.write("policies/a.toml")
        _ = try checked { chown(path, 12345, 12345) }
        let error = #expect(throws: LaunchError.self) { try PolicyLocation.read(path) }
        #expect(error?.message.contains("belongs to uid 12345") == true)
    }

    @Test("what is no file, and what is too long, is refused and never waited for", .timeLimit(.minutes(1)))
    func noFile() throws {
        #expect(throws: LaunchError.self) { try PolicyLocation.read("/dev/null") }
        #expect(throws: LaunchError.self) { try PolicyLocation.read(scratch.path) }
        let long = try scratch.write("policies/long.toml", [UInt8](repeating: 0x20, count: (1 << 20) + 1))
        #expect(throws: LaunchError.self) { try PolicyLocation.read(long) }
        let fifo = "\(scratch.path)/policies/fifo.toml"
        _ = try checked { mkfifo(fifo, 0o600) }
        #expect(throws: LaunchError.self) { try PolicyLocation.read(fifo) }
    }
}
