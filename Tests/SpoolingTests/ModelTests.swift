import Glibc
import Kernel
import Testing

@testable import Spooling

@Suite("The record gives back what was printed, byte for byte up to the limit")
struct ModelTests {
    static let sources: [SpoolSource] = [.stream(.stdout), .stream(.stderr), .both]

    @Test(
        "random appends read as the model says: head, dropped middle, tail, common order",
        arguments: [0, 1, 7, 1000, 4096, 100_000, 1 << 20], 0..<3 as Range<UInt64>)
    func randomAppends(limit: Int, seed: UInt64) throws {
        let bench = try Workbench()
        let (writer, reader) = (bench.writer(limit: UInt64(limit)), bench.reader(limit: UInt64(limit)))
        var (model, random) = (SpoolModel(limit: limit), SplitMix(state: seed))
        for _ in 0..<8 {
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                try appendSomething(writer, &model, &random)
            }
            #expect(writer.total == UInt64(model.total(.both)))
            for _ in 0..<8 { try compareOneRead(reader, model, &random) }
        }
    }

    private func appendSomething(_ writer: SpoolWriter, _ model: inout SpoolModel, _ random: inout SplitMix) throws {
        let stream: SpoolStream = Bool.random(using: &random) ? .stdout : .stderr
        // Lines mostly, now and then more than one append holds.
        let largest = Int.random(in: 0..<50, using: &random) == 0 ? 80_000 : 200
        let bytes = (0..<Int.random(in: 0...largest, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        try writer.append(stream, bytes)
        model.append(stream, bytes)
    }

    private func compareOneRead(_ reader: SpoolReader, _ model: SpoolModel, _ random: inout SplitMix) throws {
        let source = try #require(Self.sources.randomElement(using: &random))
        let offset = Int.random(in: 0...(model.total(source) + 10), using: &random)
        let maxBytes = Bool.random(using: &random) ? Int.random(in: 1...300, using: &random) : 20_000
        let slice = try reader.read(source, offset: UInt64(offset), maxBytes: maxBytes)
        let expected = model.read(source, offset, maxBytes)
        #expect(slice == expected, "\(source) from \(offset), \(maxBytes) bytes at most")
    }

    @Test("reading on from slice to slice meets every byte once: kept or counted as dropped", arguments: sources)
    func walk(source: SpoolSource) throws {
        let (bench, limit) = (try Workbench(), 8192)
        let (writer, reader) = (bench.writer(limit: UInt64(limit)), bench.reader(limit: UInt64(limit)))
        var (model, random) = (SpoolModel(limit: limit), SplitMix(state: 99))
        for _ in 0..<200 { try appendSomething(writer, &model, &random) }
        var (place, dropped, kept) = (UInt64(0), UInt64(0), UInt64(0))
        while true {
            let slice = try reader.read(source, offset: place, maxBytes: 777)
            dropped += slice.droppedBytes
            kept += UInt64(slice.bytes.count)
            place = slice.nextOffset
            if !slice.more { break }
        }
        #expect(place == UInt64(model.total(source)))
        #expect(dropped + kept == place)
        #expect(dropped > 0 && kept > 0)
    }

    @Test(
        "after 1,024 changes of stream under a small limit, streams are whole and the common order says what it lacks")
    func fullOrder() throws {
        let (bench, limit) = (try Workbench(), 64 << 10)
        let (writer, reader) = (bench.writer(limit: UInt64(limit)), bench.reader(limit: UInt64(limit)))
        var model = SpoolModel(limit: limit)
        for number in 0..<3000 {
            let stream: SpoolStream = number % 2 == 0 ? .stdout : .stderr
            let bytes = [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
            try writer.append(stream, bytes)
            model.append(stream, bytes)
        }
        for source in Self.sources {
            for offset in [0, 1, 1999, 2044, 2045, 2046, 2047, 2048, 2999, 5999, 6000] {
                #expect(
                    try reader.read(source, offset: UInt64(offset), maxBytes: 5000) == model.read(source, offset, 5000),
                    "\(source) from \(offset)")
            }
        }
        let whole = try reader.read(.stream(.stderr), offset: 0, maxBytes: 1 << 20)
        #expect(whole.bytes.count == 3000)
    }

    @Test("the tail is the end of the source, and everything where there is less", arguments: sources)
    func tail(source: SpoolSource) throws {
        let bench = try Workbench()
        let (writer, reader) = (bench.writer(limit: 4096), bench.reader(limit: 4096))
        var (model, random) = (SpoolModel(limit: 4096), SplitMix(state: 5))
        #expect(try reader.tail(source, maxBytes: 100).bytes.isEmpty)
        for _ in 0..<30 {
            try appendSomething(writer, &model, &random)
            let total = model.total(source)
            #expect(try reader.tail(source, maxBytes: 100) == model.read(source, max(0, total - 100), 100))
        }
    }

    @Test("no file is made before the first byte, and an empty append is none")
    func nothingYet() throws {
        let bench = try Workbench()
        let (writer, reader) = (bench.writer(limit: 4096), bench.reader(limit: 4096))
        try writer.append(.stdout, [])
        try writer.seal()
        #expect(try Files.names(in: bench.path).isEmpty)
        let slice = try reader.read(.both, offset: 3, maxBytes: 10)
        #expect(slice == SpoolSlice(bytes: [], offset: 3, nextOffset: 3, totalBytes: 0, droppedBytes: 0))
        #expect(try reader.totals() == (0, 0))
    }

    @Test("totals count each stream, also what was dropped")
    func totals() throws {
        let bench = try Workbench()
        let (writer, reader) = (bench.writer(limit: 100), bench.reader(limit: 100))
        try writer.append(.stdout, [UInt8](repeating: 1, count: 70_000))
        try writer.append(.stderr, [UInt8](repeating: 2, count: 11))
        #expect(try reader.totals() == (70_000, 11))
        #expect(writer.total == 70_011)
    }

    @Test("the record takes no more room than its limit, two slacks and the order")
    func room() throws {
        let (bench, limit) = (try Workbench(), 1 << 20)
        let writer = bench.writer(limit: UInt64(limit))
        let chunk = [UInt8](repeating: 7, count: 64 << 10)
        for number in 0..<200 { try writer.append(number % 3 == 0 ? .stderr : .stdout, chunk) }
        var used: UInt64 = 0
        for name in try Files.names(in: bench.path) { used += try FileStatus.of("\(bench.path)/\(name)").size }
        #expect(used <= UInt64(limit + 2 * SpoolLayout.largestAppend + 300 * StreamTotals.size))
    }
}
