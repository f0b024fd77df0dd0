import Glibc
import Kernel
import Testing

@testable import Spooling

@Suite("A disk that refuses is no failure of the task, and what it refused is counted")
struct FullDiskTests {
    private static let limit: UInt64 = 4096

    /// A file of the record that is /dev/full: every write to it ends in ENOSPC.
    private func refuse(_ bench: Workbench, _ name: String) throws {
        try Files.link("/dev/full", as: "\(bench.path)/\(name)")
    }

    @Test(
        "a stream whose bytes are refused is counted, and the other one goes on", arguments: ["out.head", "out.tail"])
    func refusedBytes(name: String) throws {
        let bench = try Workbench()
        try refuse(bench, name)
        let (writer, reader) = (bench.writer(limit: Self.limit), bench.reader(limit: Self.limit))
        let chunk = [UInt8](repeating: 7, count: 1000)
        for _ in 0..<4 {
            try writer.append(.stdout, chunk)
            try writer.append(.stderr, [1])
        }
        try writer.seal()
        #expect(writer.total == 4004)
        #expect(try reader.totals() == (4000, 4))
        #expect(try reader.read(.stream(.stderr), offset: 0, maxBytes: 10).bytes == [1, 1, 1, 1])
        let stored: UInt64 = name == "out.head" ? 0 : 1000
        let slice = try reader.read(.stream(.stdout), offset: stored, maxBytes: 10)
        #expect(slice.bytes.isEmpty && slice.droppedBytes == 4000 - stored && slice.nextOffset == 4000)
        #expect(!slice.more)
        #expect(try reader.read(.both, offset: 0, maxBytes: 5000).bytes.count == Int(stored) + 4)
    }

    @Test("bytes whose record in the order is refused are counted once, not as printed and as lost")
    func refusedOrder() throws {
        let bench = try Workbench()
        try refuse(bench, "order")
        let writer = bench.writer(limit: Self.limit)
        try writer.append(.stdout, [1, 2, 3])
        try writer.append(.stdout, [4])
        try writer.append(.stderr, [5, 6])
        #expect(writer.total == 6)
    }

    @Test("when the order can't grow for one stream, the other one's bytes stay readable in their order")
    func orderCannotGrow() async {
        await #expect(processExitsWith: .success) {
            Processes.ignore(SIGXFSZ)
            let bench = try Workbench()
            let (writer, reader) = (bench.writer(limit: 4096), bench.reader(limit: 4096))
            try writer.append(.stderr, [1, 2])
            // The order may not become longer, for a while.
            let size = try FileStatus.of("\(bench.path)/order").size
            try limitFileSize(size)
            try writer.append(.stdout, [3, 4, 5])
            try limitFileSize(UInt64.max)
            try writer.append(.stderr, [6])
            try writer.append(.stdout, [7])
            try writer.append(.stderr, [8])
            try writer.seal()
            #expect(writer.total == 8)
            #expect(try reader.totals() == (4, 4))
            #expect(try reader.read(.both, offset: 0, maxBytes: 10).bytes == [1, 2, 6, 8])
            #expect(try reader.read(.stream(.stdout), offset: 0, maxBytes: 10).droppedBytes == 4)
        }
    }

    @Test("a record that fits only in part is as one that does not fit", arguments: 1..<StreamTotals.size)
    func shortRecord(room: Int) async {
        await #expect(processExitsWith: .success) { [room] in
            Processes.ignore(SIGXFSZ)
            let bench = try Workbench()
            let (writer, reader) = (bench.writer(limit: 4096), bench.reader(limit: 4096))
            try writer.append(.stderr, [1, 2])
            try limitFileSize(try FileStatus.of("\(bench.path)/order").size + UInt64(room))
            try writer.append(.stdout, [3, 4, 5])
            try writer.append(.stderr, [6])
            try writer.seal()
            #expect(writer.total == 6)
            #expect(try reader.totals() == (3, 3))
            #expect(try reader.read(.both, offset: 0, maxBytes: 10).bytes == [1, 2, 6])
        }
    }

    @Test("what was lost can be written down on a disk that has no room for another file")
    func noRoomForTheCount() async {
        await #expect(processExitsWith: .success) {
            Processes.ignore(SIGXFSZ)
            let bench = try Workbench()
            let writer = bench.writer(limit: 4096)
            try writer.append(.stdout, [1, 2, 3])
            // What there is may be written, and nothing longer than the order is now.
            try limitFileSize(try FileStatus.of("\(bench.path)/order").size)
            try writer.append(.stdout, [UInt8](repeating: 9, count: 100))
            let before = try Files.names(in: bench.path)
            try writer.seal()
            #expect(try Files.names(in: bench.path).sorted() == before.sorted())
            #expect(try bench.reader(limit: 4096).totals() == (103, 0))
        }
    }
}

/// The soft limit of the size of a file, in this process.
func limitFileSize(_ bytes: UInt64) throws(Errno) {
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t.max)
    _ = try checked { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) }
}
