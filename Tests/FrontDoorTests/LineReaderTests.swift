import Foundation
import Glibc
import Kernel
import Testing

@testable import FrontDoor

@Suite("Lines that come in", .timeLimit(.minutes(1)))
struct LineReaderTests {
    /// What a reader makes of some writes, one read after each.
    private func items(_ writes: [String]) throws -> [LineReader.Item] {
        let pipe = Pipe()
        var reader = LineReader(pipe.fileHandleForReading.fileDescriptor)
        var items: [LineReader.Item] = []
        for write in writes where !write.isEmpty {
            pipe.fileHandleForWriting.write(Data(write.utf8))
            items += try reader.read()
            #expect(!reader.hasEnded)
        }
        try pipe.fileHandleForWriting.close()
        items += try reader.read()
        #expect(reader.hasEnded)
        return items
    }

    private static let limit = 100_000

    private func line(_ text: String) -> LineReader.Item { .line(Array(text.utf8)) }

    @Test("are whole, however they were cut into pieces")
    func pieces() throws {
        let text = "one\n\ntwo and \u{20ac}\r\nthree\n"
        let whole = [line("one"), line(""), line("two and \u{20ac}\r"), line("three")]
        #expect(try items([text]) == whole)
        #expect(
            try items(text.utf8.map { String(decoding: [$0], as: UTF8.self) }.filter { $0 != "\u{fffd}" }).count == 4)
        for place in text.indices { #expect(try items([String(text[..<place]), String(text[place...])]) == whole) }
    }

    @Test("without an end are nobody's")
    func half() throws {
        #expect(try items(["whole\nhalf"]) == [line("whole")])
        #expect(try items(["half"]).isEmpty)
        #expect(try items([]).isEmpty)
    }

    @Test(
        "that are too long are told once, thrown away up to their end, and the next one is read",
        arguments: [1, 5, 300_000])
    func tooLong(excess: Int) throws {
        let pipe = Pipe()
        let size = Self.limit + excess
        Thread.detachNewThread {
            let end = pipe.fileHandleForWriting
            end.write(Data(repeating: 0x61, count: size))
            end.write(Data("\nshort\n".utf8))
            end.write(Data(repeating: 0x62, count: size))
            do { try end.close() } catch { Issue.record("\(error)") }
        }
        var reader = LineReader(pipe.fileHandleForReading.fileDescriptor, limit: Self.limit)
        var items: [LineReader.Item] = []
        while !reader.hasEnded { items += try reader.read() }
        #expect(items == [.tooLong, line("short"), .tooLong])
    }

    @Test("may be as long as the limit")
    func longest() throws {
        let pipe = Pipe()
        Thread.detachNewThread {
            pipe.fileHandleForWriting.write(Data(repeating: 0x61, count: Self.limit) + Data("\n".utf8))
        }
        var reader = LineReader(pipe.fileHandleForReading.fileDescriptor, limit: Self.limit)
        var items: [LineReader.Item] = []
        while items.isEmpty { items += try reader.read() }
        #expect(items == [.line([UInt8](repeating: 0x61, count: Self.limit))])
    }

    @Test("are waited for where somebody made the input non-blocking")
    func nonBlocking() throws {
        let pipe = Pipe()
        let input = pipe.fileHandleForReading.fileDescriptor
        try Files.setNonBlocking(input)
        var reader = LineReader(input)
        #expect(try reader.read().isEmpty)
        #expect(!reader.hasEnded)
        pipe.fileHandleForWriting.write(Data("x\n".utf8))
        #expect(try reader.read() == [line("x")])
    }
}

@Suite("Lines that go out", .timeLimit(.minutes(1)))
struct LineWriterTests {
    @Test("arrive whole and in order, and each is told once the kernel has it, with or without room")
    func whole() throws {
        let pipe = Pipe()
        let (input, output) = (pipe.fileHandleForReading.fileDescriptor, pipe.fileHandleForWriting.fileDescriptor)
        try Files.setNonBlocking(output)
        try Files.setNonBlocking(input)
        var writer = LineWriter(output)
        let lines = (0..<3000).map { [UInt8](repeating: UInt8(ascii: "a") + UInt8($0 % 26), count: $0 % 300 * 3) }
        let written = Counter()
        for line in lines { writer.add(line) { written.count += 1 } }
        var arrived: [UInt8] = []
        while writer.isWaiting {
            // More often than there is room.
            for _ in 0..<100 { try writer.write() }
            var buffer = [UInt8](repeating: 0, count: 100_000)
            let count = read(input, &buffer, buffer.count)
            if count > 0 { arrived += buffer[..<count] }
        }
        var rest = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(input, &rest, rest.count)
        if count > 0 { arrived += rest[..<count] }
        #expect(arrived == Array(lines.joined(separator: [10])) + [10])
        #expect(written.count == lines.count)
        #expect(!writer.isFull)
    }

    private final class Counter {
        var count = 0
    }

    @Test("are full before they take all memory, and no longer when they were written")
    func full() throws {
        let none = try #require(FileHandle(forWritingAtPath: "/dev/null"))
        var writer = LineWriter(none.fileDescriptor)
        let line = [UInt8](repeating: 0x61, count: 8 << 20)
        for _ in 0..<4 { writer.add(line) }
        #expect(writer.isFull)
        while writer.isWaiting { try writer.write() }
        #expect(!writer.isFull)
    }

    @Test("to nobody are a broken pipe")
    func nobody() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        var writer = LineWriter(pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForReading.close()
        writer.add([1])
        #expect(throws: Errno(rawValue: EPIPE)) { try writer.write() }
    }
}
