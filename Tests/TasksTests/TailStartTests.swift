import Records
import Spooling
import TestSupport
import Testing

@testable import Tasks

@Suite("The last lines of an output")
struct TailStartTests {
    private struct Output {
        let bench: TaskBench
        let reader: SpoolReader
        let total: UInt64
        let task: TaskDirectory
    }

    private func output(_ text: [UInt8], limit: UInt64 = 1 << 20) throws -> Output {
        let bench = try TaskBench()
        var record = try TaskBench.record()
        record.recordBytes = limit
        let task = try bench.add(record)
        let spool = try bench.spool(task)
        for start in stride(from: 0, to: text.count, by: 50_000) {
            try spool.append(Array(text[start..<min(start + 50_000, text.count)]))
        }
        return Output(bench: bench, reader: task.output(record), total: spool.total, task: task)
    }

    @Test(
        "begin behind the line break before them; one at the very end begins no line",
        arguments: [
            ("", 1, 0), ("a", 1, 0), ("a\n", 1, 0), ("a\nb", 1, 2), ("a\nb\n", 1, 2), ("a\nb\n", 2, 0),
            ("a\nb\n", 9, 0),
            ("\n\n\n", 1, 2), ("\n\n\n", 2, 1), ("a\n\nb\n", 2, 2), ("a\nb\n", 0, 4), ("", 0, 0),
        ])
    func lines(text: String, count: Int, expected: UInt64) throws {
        let output = try output(Array(text.utf8))
        #expect(try TailStart.offset(of: count, .both, output.reader) == expected)
        #expect(try TailStart.offset(of: count, .stream(.stdout), output.reader) == expected)
    }

    @Test(
        "are looked for in the last bytes that the caller names, and begin there if they begin before",
        arguments: [(5, 200_006), (200_000, 11), (200_010, 11), (.max, 11)] as [(UInt64, UInt64)])
    func within(limit: UInt64, expected: UInt64) throws {
        let text = "the first\n\n" + String(repeating: "x", count: 200_000)
        let output = try output(Array(text.utf8))
        #expect(try TailStart.offset(of: 1, .both, output.reader, within: limit) == expected)
    }

    /// The bytes of an output, 0 for those that were dropped, and the first offset behind them.
    private func kept(_ output: Output) throws -> (bytes: [UInt8], behindGap: Int) {
        var (bytes, behind, offset): ([UInt8], UInt64, UInt64) = ([], 0, 0)
        while offset < output.total {
            let slice = try output.reader.read(.stream(.stdout), offset: offset, maxBytes: 1 << 20)
            if slice.droppedBytes > 0 { behind = slice.offset }
            bytes += [UInt8](repeating: 0, count: Int(slice.offset) - bytes.count) + slice.bytes
            offset = slice.nextOffset
        }
        return (bytes, Int(behind))
    }

    private static func model(_ bytes: [UInt8], behind: Int, _ lines: Int) -> Int {
        let breaks = bytes.indices.dropLast().filter { $0 >= behind && bytes[$0] == UInt8(ascii: "\n") }
        return lines <= breaks.count ? breaks[breaks.count - lines] + 1 : behind
    }

    /// Pieces of 64 KiB are searched: line breaks, dropped parts and ends lie on, before and behind their borders.
    @Test(
        "are those of a reader who has the whole record before him",
        arguments: [
            (131_072, 1 << 20), (131_073, 1 << 20), (250_000, 174_763), (400_000, 349_526), (300_000, 65_536),
            (300_000, 100_001),
        ] as [(Int, UInt64)])
    func agree(size: Int, limit: UInt64) throws {
        var random = SplitMix(UInt64(size))
        let text = (0..<size).map { _ in Int.random(in: 0..<3000, using: &random) == 0 ? UInt8(ascii: "\n") : 0x61 }
        let output = try output(text, limit: limit)
        let (bytes, behind) = try kept(output)
        for lines in [1, 3, 20, 50, 1000] {
            let expected = UInt64(Self.model(bytes, behind: behind, lines))
            #expect(try TailStart.offset(of: lines, .stream(.stdout), output.reader) == expected, "\(lines) lines")
            #expect(try TailStart.offset(of: lines, .both, output.reader) == expected, "\(lines) lines of both")
        }
    }
}
