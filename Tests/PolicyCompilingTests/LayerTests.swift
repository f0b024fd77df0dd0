import Foundation
import Glibc
import Kernel
import Launching
import Tasks
import TestSupport
import Testing

@testable import PolicyCompiling

@Suite("A layer")
struct LayerTests {
    private let bench: TaskBench

    init() throws {
        bench = try TaskBench()
    }

    private func layer(_ change: (inout Layer) -> Void = { _ in }) -> Layer {
        var layer = Layer()
        layer.add("a/b/file", .file(Array("text".utf8), mode: 0o644))
        layer.add("a/link", .link("b/file"))
        layer.add("c", .directory)
        change(&layer)
        return layer
    }

    @Test("has its entries, and the directories above them, once")
    func entries() throws {
        let path = try layer { $0.add("a/b", .directory) }.make(bench.state)
        #expect(path.hasPrefix("\(bench.state.path)/layers/"))
        #expect(try Files.names(in: path).sorted() == ["a", "c"])
        #expect(try Files.contents("\(path)/a/b/file") == Array("text".utf8))
        #expect(try Files.target("\(path)/a/link") == "b/file")
    }

    @Test("with the same contents has the same name, and with others another one")
    func names() throws {
        let path = try layer().make(bench.state)
        #expect(try layer().make(bench.state) == path)
        let changes: [(inout Layer) -> Void] = [
            { $0.add("d", .directory) }, { $0.add("d", .whiteout) }, { $0.add("d", .link("x")) },
            { $0.add("d", .file([], mode: 0o644)) }, { $0.add("d", .file([], mode: 0o600)) },
            { $0.add("d", .file([0], mode: 0o644)) },
        ]
        var paths = [path]
        for change in changes { paths.append(try layer(change).make(bench.state)) }
        #expect(Set(paths).count == paths.count)
        #expect(Layer().isEmpty)
        #expect(!layer().isEmpty)
    }

    @Test("can be made by several front ends at once, and leaves nothing else behind")
    func race() throws {
        let paths = try (0..<10).map { round in
            let layer = layer { $0.add("round", .file([UInt8(round)], mode: 0o644)) }
            DispatchQueue.concurrentPerform(iterations: 6) { _ in
                do { _ = try layer.make(bench.state) } catch { Issue.record("\(error)") }
            }
            return try layer.make(bench.state)
        }
        #expect(try bench.scratch.names("state/layers") == paths.map(Paths.name).sorted())
    }

    @Test("that can't be made leaves nothing behind")
    func undone() throws {
        let layer = layer { $0.add("x".repeated(300), .directory) }
        #expect(throws: LaunchError.self) { try layer.make(bench.state) }
        #expect(try bench.scratch.names("state/layers").isEmpty)
    }

    @Test("has two directories where two spellings of a letter are two names")
    func spellings() throws {
        var layer = Layer()
        layer.add("é/tool", .file([1], mode: 0o644))
        layer.add("e\u{301}/tool", .file([2], mode: 0o644))
        #expect(try Files.names(in: try layer.make(bench.state)).count == 2)
    }

    @Test("has whiteouts, which overlayfs takes for names that are not there")
    func whiteouts() throws {
        var layer = Layer()
        for number in 0..<50 { layer.add("bin/\(number)", .whiteout) }
        let path = try layer.make(bench.state)
        var raw = stat()
        for number in 0..<50 {
            _ = try checked { lstat("\(path)/bin/\(number)", &raw) }
            #expect(raw.st_mode & S_IFMT == S_IFCHR)
            #expect(raw.st_rdev == 0)
        }
    }

    /// unshare(2); 0x200 is CLONE_FS. Swift's Glibc does not have it.
    private static let unshare: @convention(c) (Int32) -> Int32 = unsafeBitCast(
        dlsym(nil, "unshare"), to: (@convention(c) (Int32) -> Int32).self)

    /// Every task has a user of its own.
    @Test("is open to the users of tasks, whatever the umask of the front end")
    func umask() throws {
        let (bench, layer) = (bench, layer())
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            // The mask of this thread alone.
            if Self.unshare(0x200) != 0 { Issue.record("unshare failed") }
            _ = Glibc.umask(0o077)
            do { _ = try layer.make(bench.state) } catch { Issue.record("\(error)") }
            done.signal()
        }
        done.wait()
        let path = try layer.make(bench.state)
        for name in ["", "/a", "/a/b", "/c"] { #expect(try FileStatus.of(path + name).permissions == 0o755, "\(name)") }
        #expect(try FileStatus.of("\(path)/a/b/file").permissions == 0o644)
    }
}

@Suite("The settings of the system in a view")
struct SystemSettingsTests {
    private let bench: TaskBench

    init() throws {
        bench = try TaskBench()
    }

    private func made(hasNetwork: Bool = false) throws -> String {
        try SystemSettings(hasNetwork: hasNetwork, root: "\(bench.scratch.path)/etc").make(bench.state)
    }

    private func write(_ name: String, mode: UInt32 = 0o644) throws {
        try bench.scratch.write("etc/\(name)", "of the host", mode: mode)
    }

    @Test("are what programs need, and nothing else of /etc")
    func listed() throws {
        for name in [
            "services", "shadow", "ssh/ssh_host_key", "passwd", "group", "hosts", "ssl/certs/a.pem", "ssl/private/key",
        ] {
            try write(name)
        }
        let path = try made()
        #expect(try Files.names(in: path).sorted() == ["group", "hostname", "hosts", "passwd", "services", "ssl"])
        #expect(try Files.names(in: "\(path)/ssl") == ["certs"])
        for name in ["passwd", "group", "hosts"] {
            let text = String(decoding: try Files.contents("\(path)/\(name)"), as: UTF8.self)
            #expect(!text.contains("of the host"), "\(name)")
        }
    }

    @Test("have no file that not everybody may read, nor one in a directory that not everybody may enter")
    func secrets() throws {
        try write("services", mode: 0o640)
        try write("ssl/certs/open.pem")
        try write("ssl/certs/closed.pem", mode: 0o600)
        try write("fonts/a")
        try bench.scratch.makeDirectory("etc/fonts", mode: 0o750)
        try write("terminfo/sub/a")
        try bench.scratch.makeDirectory("etc/terminfo/sub", mode: 0o700)
        let path = try made()
        #expect(try Files.names(in: "\(path)/ssl/certs") == ["open.pem"])
        for name in ["services", "fonts", "terminfo/sub"] {
            #expect(throws: Errno(rawValue: ENOENT), "\(name)") { try FileStatus.of("\(path)/\(name)") }
        }
    }

    @Test("have the resolver's only with a network")
    func resolver() throws {
        try write("resolv.conf")
        #expect(throws: Errno(rawValue: ENOENT)) { try FileStatus.of("\(try made())/resolv.conf") }
        #expect(try Files.contents("\(try made(hasNetwork: true))/resolv.conf") == Array("of the host".utf8))
    }

    @Test("have the contents behind a listed link, and other links as they are")
    func links() throws {
        try bench.scratch.write("run/resolv.conf", "nameserver")
        try bench.scratch.makeDirectory("etc/alternatives")
        try bench.scratch.link("etc/resolv.conf", to: "../run/resolv.conf")
        try bench.scratch.link("etc/localtime", to: "/usr/share/zoneinfo/UTC")
        try bench.scratch.link("etc/alternatives/awk", to: "/usr/bin/mawk")
        let path = try made(hasNetwork: true)
        #expect(try Files.contents("\(path)/resolv.conf") == Array("nameserver".utf8))
        #expect(try Files.target("\(path)/localtime") == "/usr/share/zoneinfo/UTC")
        #expect(try Files.target("\(path)/alternatives/awk") == "/usr/bin/mawk")
    }

    @Test("are made again when one of them changes, comes or goes")
    func stamps() throws {
        try write("services")
        try write("ssl/certs/a.pem")
        let changes: [() throws -> Void] = [
            { try write("services", mode: 0o600) }, { try write("protocols") }, { try write("ssl/certs/b.pem") },
            { try Files.remove("\(bench.scratch.path)/etc/services") },
        ]
        for (number, change) in changes.enumerated() {
            let stamps = try SystemSettings(hasNetwork: false, root: "\(bench.scratch.path)/etc").stamps
            #expect(try stamps.allSatisfy { try $0.isCurrent() })
            try change()
            #expect(try !stamps.allSatisfy { try $0.isCurrent() }, "\(number)")
        }
    }
}

extension String {
    func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
