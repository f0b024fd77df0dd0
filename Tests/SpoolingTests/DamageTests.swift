import Glibc
import Kernel
import Testing

@testable import Spooling

@Suite("After a crash or on a damaged disk, the record tells nothing that is not so")
struct DamageTests {
    private static let limit: UInt64 = 4096

    /// Standard output turns its ring several times, both before and after one byte of standard error.
    private func record(_ bench: Workbench) throws -> [UInt8] {
        let writer = bench.writer(limit: Self.limit)
        var (bytes, random) = ([UInt8](), SplitMix(state: 3))
        for round in 0..<2 {
            for _ in 0..<300 {
                let chunk = (0..<1024).map { _ in UInt8.random(in: 0...255, using: &random) }
                try writer.append(.stdout, chunk)
                bytes += chunk
            }
            if round == 0 { try writer.append(.stderr, [1]) }
        }
        return bytes
    }

    private func size(_ bench: Workbench, _ name: String) throws -> UInt64 {
        try FileStatus.of("\(bench.path)/\(name)").size
    }

    private func overwrite(_ bench: Workbench, _ name: String, at offset: UInt64, _ bytes: [UInt8]) throws {
        let file = try Files.open("\(bench.path)/\(name)", O_WRONLY)
        #expect(pwrite(file.number, bytes, bytes.count, Int(offset)) == bytes.count)
    }

    @Test("no record of the order lies across two pages, where a crash could tear it")
    func withinPages() {
        #expect(4096 % StreamTotals.size == 0)
    }

    @Test("where the last record of the order is torn, no wrong byte is read: what can't be told is dropped")
    func tornLastRecord() throws {
        let bench = try Workbench()
        let bytes = try record(bench)
        try overwrite(bench, "order", at: try size(bench, "order") - 9, [0xaa, 0xbb])
        let reader = bench.reader(limit: Self.limit)
        let total = try reader.totals().stdout
        #expect(total == 300 * 1024)
        for offset in [0, 1000, 1535, 1536, 100_000, total - 1536, total - 1, total] {
            let slice = try reader.read(.stream(.stdout), offset: offset, maxBytes: 5000)
            let start = Int(slice.offset)
            #expect(slice.bytes == Array(bytes[start..<start + slice.bytes.count]), "from \(offset)")
            #expect(slice.nextOffset == slice.offset + UInt64(slice.bytes.count))
        }
        let both = try reader.read(.both, offset: total - 1000, maxBytes: 5000)
        #expect(both.bytes == [1] || both.bytes.isEmpty)
    }

    @Test("bytes at the end of the order that are no whole record are not read", arguments: 1..<StreamTotals.size)
    func partialRecord(count: Int) throws {
        let bench = try Workbench()
        let writer = bench.writer(limit: Self.limit)
        try writer.append(.stdout, [1, 2, 3])
        try overwrite(bench, "order", at: try size(bench, "order"), [UInt8](repeating: 0xff, count: count))
        #expect(try bench.reader(limit: Self.limit).read(.both, offset: 0, maxBytes: 10).bytes == [1, 2, 3])
        try writer.append(.stderr, [4])
        #expect(try bench.reader(limit: Self.limit).read(.both, offset: 0, maxBytes: 10).bytes == [1, 2, 3, 4])
    }

    @Test(
        "what is missing of a file that is missing or shorter than promised is dropped and no zeros, and the rest is read",
        arguments: ["out.head", "out.tail"])
    func missingFile(name: String) throws {
        let bench = try Workbench()
        let bytes = try record(bench)
        let reader = bench.reader(limit: Self.limit)
        let offset: UInt64 = name == "out.head" ? 1000 : UInt64(bytes.count) - 1536
        #expect(try reader.read(.stream(.stdout), offset: offset, maxBytes: 10).bytes.count == 10)
        for isThere in [true, false] {
            if isThere { #expect(truncate("\(bench.path)/\(name)", 0) == 0) }
            if !isThere { try Files.remove("\(bench.path)/\(name)") }
            for source in [SpoolSource.stream(.stdout), .both] {
                let slice = try reader.read(source, offset: offset, maxBytes: 10)
                #expect(slice.droppedBytes > 0)
                #expect(slice.nextOffset == offset + slice.droppedBytes + UInt64(slice.bytes.count))
                #expect(source == .both || slice.bytes.isEmpty)
            }
        }
        let rest: UInt64 = name == "out.head" ? UInt64(bytes.count) - 1536 : 0
        #expect(
            try reader.read(.stream(.stdout), offset: rest, maxBytes: 10).bytes == Array(bytes[Int(rest)...].prefix(10))
        )
    }

    @Test("a file that ends in the middle of what was promised is read up to there")
    func shortFile() throws {
        let bench = try Workbench()
        try bench.writer(limit: Self.limit).append(.stdout, [UInt8](repeating: 7, count: 1000))
        #expect(truncate("\(bench.path)/out.head", 400) == 0)
        let reader = bench.reader(limit: Self.limit)
        for source in [SpoolSource.stream(.stdout), .both] {
            #expect(try reader.read(source, offset: 0, maxBytes: 1000).bytes.count == 400)
            let rest = try reader.read(source, offset: 400, maxBytes: 1000)
            #expect(rest.bytes.isEmpty && rest.droppedBytes == 600 && rest.nextOffset == 1000)
        }
    }

    @Test("a damaged record in the middle of the order is an error")
    func damagedMiddle() throws {
        let bench = try Workbench()
        let writer = bench.writer(limit: Self.limit)
        for number in 0..<50 { try writer.append(number % 2 == 0 ? .stdout : .stderr, [UInt8(number)]) }
        try overwrite(bench, "order", at: 24 * UInt64(StreamTotals.size), [0xaa])
        let reader = bench.reader(limit: Self.limit)
        #expect(throws: Errno(rawValue: EIO)) { try reader.read(.both, offset: 20, maxBytes: 10) }
        #expect(try reader.read(.stream(.stdout), offset: 20, maxBytes: 10).bytes == [40, 42, 44, 46, 48])
    }

    @Test("an order that is nothing but zeros, as after a power failure, is an empty record")
    func zeros() throws {
        let bench = try Workbench()
        try bench.writer(limit: Self.limit).append(.stdout, [1])
        try overwrite(bench, "order", at: 0, [UInt8](repeating: 0, count: 10 * StreamTotals.size))
        #expect(try bench.reader(limit: Self.limit).totals() == (0, 0))
        #expect(try bench.reader(limit: Self.limit).read(.both, offset: 0, maxBytes: 10).bytes.isEmpty)
    }

    @Test("totals whose check holds only by chance are rare: each changed bit of a record is noticed")
    func checkedTotals() {
        let bytes = StreamTotals(stdout: 123_456_789, stderr: 42).bytes
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << bit
                #expect(StreamTotals(bytes: changed[...]) == nil, "bit \(bit) of byte \(place)")
            }
        }
    }
}
