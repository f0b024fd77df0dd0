import Glibc
import Kernel
import Launching
import Tasks
import TestSupport
import Testing

@testable import PolicyCompiling

@Suite("The scan for what could be run")
struct ExecutableScanTests {
    private let bench: TaskBench
    private var scratch: Scratch { bench.scratch }
    private var root: String { "\(bench.scratch.path)/tree" }

    init() throws {
        bench = try TaskBench()
        try scratch.write("tree/bin/script", "#!/bin/sh\n", mode: 0o755)
        try scratch.write("tree/bin/tool", ELFImage(type: 2).bytes, mode: 0o755)
        try scratch.write("tree/bin/data", "data", mode: 0o755)
        try scratch.write("tree/lib/deep/é/helper", ELFImage(type: 2).bytes, mode: 0o644)
        try scratch.write("tree/share/text", "#!/bin/sh\n", mode: 0o644)
    }

    /// Scans with what the state directory has of earlier scans, and keeps what this one found.
    private func scan() throws -> (names: [String], scan: ExecutableScan) {
        var scan = ExecutableScan(try ScanIndex.load(bench.state))
        try scan.scan(root)
        try scan.nextIndex.save(bench.state)
        return (scan.found.compactMap { Paths.relative($0.path, to: root) }.sorted(), scan)
    }

    @Test("finds programs and scripts, and no data")
    func finds() throws {
        let (names, scan) = try scan()
        #expect(names == ["bin/script", "bin/tool", "lib/deep/é/helper"])
        let tool = try FileStatus.of("\(root)/bin/tool")
        #expect(scan.found.contains { $0.inode == tool.inode && $0.device == tool.device })
    }

    @Test("stamps the directories of what it found, and those above them")
    func stamps() throws {
        let paths = try scan().scan.stamps.map(\.path)
        #expect(Set(paths) == Set(["", "/bin", "/lib", "/lib/deep", "/lib/deep/é"].map { root + $0 }))
        for stamp in try scan().scan.stamps { #expect(try stamp.isCurrent()) }
        try scratch.makeDirectory("tree/lib/new")
        #expect(try !scan().scan.stamps.isEmpty)
    }

    @Test("follows no link, and opens no device and no FIFO", .timeLimit(.minutes(1)))
    func special() throws {
        try scratch.link("tree/bin/link", to: "tool")
        try scratch.link("tree/loop", to: ".")
        try scratch.link("tree/out", to: "/usr/bin")
        _ = try checked { mkfifo("\(root)/bin/fifo", 0o777) }
        #expect(try scan().names == ["bin/script", "bin/tool", "lib/deep/é/helper"])
    }

    /// In the file alone nothing of its directory changes: whoever still finds it has not looked into the file.
    @Test("reads a directory that has not changed no second time")
    func incremental() throws {
        let first = try scan().names
        try scratch.write("tree/bin/tool", "data", mode: 0o755)
        #expect(try scan().names == first)
        try scratch.write("tree/bin/another", "#!/bin/sh\n", mode: 0o755)
        #expect(try scan().names == ["bin/another", "bin/script", "lib/deep/é/helper"])
    }

    @Test("finds what came and not what went, however deep")
    func changes() throws {
        _ = try scan()
        try scratch.write("tree/lib/deep/é/new/tool", ELFImage(type: 2).bytes)
        try Files.remove("\(root)/bin/script")
        #expect(try scan().names == ["bin/tool", "lib/deep/é/helper", "lib/deep/é/new/tool"])
        try Files.removeTree("\(root)/lib")
        #expect(try scan().names == ["bin/tool"])
    }

    @Test("begins anew where the index is damaged, empty or of another version", arguments: 0..<4)
    func damaged(kind: Int) throws {
        let expected = try scan().names
        var bytes = try Files.contents("\(bench.state.path)/scan")
        switch kind {
        case 0: bytes = []
        case 1: bytes[bytes.count / 2] ^= 1
        case 2: bytes[4] = 99
        default: bytes.removeLast(20)
        }
        try scratch.write("state/scan", bytes)
        #expect(try scan().names == expected)
    }

    @Test("goes on where it may not read", .enabled(if: Host.user != 0, "root may read everything"))
    func unreadable() throws {
        try scratch.makeDirectory("tree/share", mode: 0o311)
        try scratch.write("tree/bin/closed", "x1234", mode: 0o111)
        #expect(try scan().names == ["bin/closed", "bin/script", "bin/tool", "lib/deep/é/helper"])
    }
}

@Suite("A stamp that is taken before something is read")
struct SettledStampTests {
    @Test("is taken only when the path has not changed for a moment")
    func settled() throws {
        let scratch = try Scratch()
        let path = try scratch.write("a", "1")
        let stamp = try PathStamp.settled(path)
        let changed = try #require(stamp.changed)
        #expect(Clock.now() - changed >= 15_000_000)
        try scratch.write("a", "2")
        #expect(try !stamp.isCurrent())
    }

    @Test("of nothing, and of what never stops changing, is taken all the same", .timeLimit(.minutes(1)))
    func never() throws {
        #expect(try PathStamp.settled("/nonexistent").changed == nil)
        _ = try PathStamp.settled("/dev/shm")
        _ = try PathStamp.settled("/proc/self")
    }
}
