import JSON
import Records
import TestSupport
import Testing

@testable import Spooling
@testable import Tasks

@Suite("A part of the output")
struct OutputPartTests {
    private func slice(_ bytes: [UInt8], at offset: UInt64 = 10, total: UInt64? = nil) -> SpoolSlice {
        let next = offset + UInt64(bytes.count)
        return SpoolSlice(bytes: bytes, offset: offset, nextOffset: next, totalBytes: total ?? next, droppedBytes: 0)
    }

    @Test("leaves the beginning of a character to the next part, as long as the task may write the rest")
    func beginning() {
        let bytes: [UInt8] = [0x61, 0xe2, 0x82]
        let part = OutputPart(.both, slice(bytes), isRaw: false, isFinal: false)
        #expect(part.text == "a")
        #expect(part.slice.nextOffset == 11)
        #expect(OutputPart(.both, slice(bytes), isRaw: false, isFinal: true).text == "a\\xe2\\x82")
        #expect(OutputPart(.both, slice(bytes), isRaw: true, isFinal: false).text == "YeKC")
        let more = OutputPart(.both, slice(bytes, total: 100), isRaw: false, isFinal: true)
        #expect(more.slice.nextOffset == 11)
    }

    @Test(
        "of a terminal has lines that end as they do elsewhere, and as bytes what was on it",
        arguments: [("a\r\nb\r\n", "a\nb\n"), ("\r\r\n", "\n"), ("a\rb\n\r", "a\\x0db\n\\x0d"), ("", "")])
    func terminal(written: String, text: String) {
        var part = OutputPart(.stream(.stdout), slice(Array(written.utf8)), isRaw: false, isFinal: true)
        part.isOfTerminal = true
        #expect(part.text == text && part.slice.bytes == Array(written.utf8))
        part.isRaw = true
        #expect(part.text == Base64.text(Array(written.utf8)))
        let pipes = OutputPart(.stream(.stdout), slice(Array("a\r\n".utf8)), isRaw: false, isFinal: true)
        #expect(pipes.text == "a\\x0d\n", "what a program wrote itself is shown")
    }

    @Test("has every member of the contract, in its order")
    func json() {
        var slice = slice(Array("hi".utf8), at: 5, total: 9)
        slice.droppedBytes = 3
        let part = OutputPart(.stream(.stderr), slice, isRaw: false, isFinal: false)
        let expected: JSONObject = [
            "stream": "stderr", "text": "hi", "encoding": "text", "offset": 5, "next_offset": 7, "total_bytes": 9,
            "dropped_bytes": 3, "more": true,
        ]
        #expect(part.json == expected)
        #expect(OutputPart(.both, slice, isRaw: true, isFinal: false).json["encoding"] == "base64")
    }

    @Test("knows its source by the words of the contract")
    func words() {
        for source in [SpoolSource.both, .stream(.stdout), .stream(.stderr)] {
            #expect(SpoolSource(word: source.word) == source)
        }
        #expect(SpoolSource(word: "stdin") == nil)
        #expect(SpoolSource(word: "") == nil)
    }

    /// Reads as a caller does that asks for one part after another.
    private func parts(_ reader: SpoolReader, _ source: SpoolSource, size: Int) throws -> [OutputPart] {
        var parts: [OutputPart] = []
        var offset: UInt64 = 0
        while true {
            let slice = try reader.read(source, offset: offset, maxBytes: size)
            let part = OutputPart(source, slice, isRaw: false, isFinal: true)
            parts.append(part)
            guard part.slice.more else { return parts }
            try #require(part.slice.nextOffset > offset, "no progress at \(offset)")
            offset = part.slice.nextOffset
        }
    }

    @Test("makes the whole text with those before and after it, whatever their size", arguments: 4...40)
    func together(size: Int) throws {
        let bench = try TaskBench()
        let task = try bench.add(try TaskBench.record())
        let text = "aé日😀\nЖ\t👩‍👩‍👧".repeated(20)
        try bench.spool(task).append(text)
        let parts = try parts(task.output(try task.record()), .both, size: size)
        #expect(parts.map(\.text).joined() == text)
    }

    @Test(
        "goes on behind a part that was dropped, though it begins or ends in the middle of a character",
        arguments: 0..<8)
    func dropped(shift: Int) throws {
        let bench = try TaskBench()
        var record = try TaskBench.record()
        record.recordBytes = 4096
        let task = try bench.add(record)
        let spool = try bench.spool(task)
        try spool.append(String(repeating: "a", count: shift) + "😀日é".repeated(30_000))
        for source in [SpoolSource.both, .stream(.stdout)] {
            let parts = try parts(task.output(record), source, size: 700)
            #expect(parts.reduce(0) { $0 + $1.slice.droppedBytes } > 0)
            #expect(parts.last?.slice.nextOffset == spool.total)
        }
    }
}

extension String {
    func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
