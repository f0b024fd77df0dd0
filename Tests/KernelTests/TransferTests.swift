import Foundation
import Glibc
import Testing

@testable import Kernel

@Suite("Reading, writing and messages")
struct TransferTests {
    @Test("more than a pipe holds goes through it whole")
    func largeWrite() throws {
        let pipe = numbers(try DescriptorPair.pipe())
        defer { close(pipe.first) }
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
        Thread {
            do { try Transfer.write(pipe.second, bytes) } catch { Issue.record(error) }
            close(pipe.second)
        }.start()
        #expect(try Transfer.readAll(pipe.first) == bytes)
    }

    @Test("a delivery waits for room where somebody made the pipe non-blocking, and a plain write fails there")
    func delivery() throws {
        let pipe = numbers(try DescriptorPair.pipe(O_NONBLOCK))
        defer { close(pipe.first) }
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
        #expect(throws: Errno(rawValue: EAGAIN)) { try Transfer.write(pipe.second, bytes) }
        #expect(fcntl(pipe.first, F_SETFL, 0) == 0 && fcntl(pipe.second, F_SETFL, O_NONBLOCK) == 0)
        Thread {
            usleep(50_000)
            do { try Transfer.deliver(pipe.second, bytes) } catch { Issue.record(error) }
            close(pipe.second)
        }.start()
        let all = try Transfer.readAll(pipe.first)
        #expect(all.suffix(bytes.count) == bytes[...])
    }

    @Test("a limit stops an input that does not end")
    func endlessInput() throws {
        let zeros = try Files.open("/dev/zero", O_RDONLY)
        #expect(throws: Errno(rawValue: EFBIG)) { try Transfer.readAll(zeros.number, limit: 100_000) }
    }

    @Test(
        "a read at an offset does not move the file, and is short at its end",
        arguments: [(0, 3), (2, 1), (3, 0), (9, 0), (1 << 62, 0), (UInt64(Int64.max), 0), (1 << 63, 0), (.max, 0)])
    func readAt(offset: UInt64, count: Int) throws {
        let memory = try Files.sealedMemory("m", [1, 2, 3])
        #expect(lseek(memory.number, 1, SEEK_SET) == 1)
        let bytes = try Transfer.read(memory.number, at: offset, count: 3)
        #expect(bytes == Array([1, 2, 3].dropFirst(Int(clamping: offset))) && bytes.count == count)
        #expect(lseek(memory.number, 0, SEEK_CUR) == 1)
    }

    @Test("a message comes with its boundaries and with its descriptors, which are closed by execve")
    func messages() throws {
        let sockets = try DescriptorPair.sockets()
        let memory = try Files.sealedMemory("m", [7])
        try Transfer.send(sockets.first.number, [1, 2], descriptors: [memory.number, 0])
        try Transfer.send(sockets.first.number, [3])
        let first = try Transfer.receive(sockets.second.number, limit: 100)
        #expect(first.bytes == [1, 2] && first.descriptors.count == 2)
        #expect(
            try Transfer.readAll(try #require(first.descriptors.first), limit: 10).isEmpty, "at its end, as it was sent"
        )
        #expect(try Transfer.read(first.descriptors[0], at: 0, count: 1) == [7])
        for number in first.descriptors {
            #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
            close(number)
        }
        let second = try Transfer.receive(sockets.second.number, limit: 100)
        #expect(second.bytes == [3] && second.descriptors.isEmpty)
    }

    @Test("a message that is longer than the limit is an error, and its descriptors are closed")
    func longMessage() throws {
        let sockets = try DescriptorPair.sockets()
        let pipe = numbers(try DescriptorPair.pipe())
        defer { close(pipe.first) }
        try Transfer.send(sockets.first.number, [1, 2, 3], descriptors: [pipe.second])
        close(pipe.second)
        #expect(throws: Errno(rawValue: EMSGSIZE)) { try Transfer.receive(sockets.second.number, limit: 2) }
        // The pipe has no writer any more: its end is read at once.
        #expect(try Transfer.readAll(pipe.first).isEmpty)
        try Transfer.send(sockets.first.number, [4, 5])
        #expect(try Transfer.receive(sockets.second.number, limit: 2).bytes == [4, 5])
    }

    @Test("an end that is gone is an empty message to the reader and EPIPE to the writer, without a signal")
    func goneEnd() throws {
        let sockets = numbers(try DescriptorPair.sockets())
        defer { close(sockets.first) }
        close(sockets.second)
        #expect(try Transfer.receive(sockets.first, limit: 10).bytes.isEmpty)
        #expect(throws: Errno(rawValue: EPIPE)) { try Transfer.send(sockets.first, [1]) }
    }

    @Test("as many descriptors go with a message as the kernel lets, and no more")
    func manyDescriptors() throws {
        let sockets = try DescriptorPair.sockets()
        try Transfer.send(sockets.first.number, [1], descriptors: [Int32](repeating: 0, count: 253))
        let message = try Transfer.receive(sockets.second.number, limit: 1, most: 200)
        #expect(message.descriptors.count == 200)
        for number in message.descriptors { close(number) }
        #expect(throws: Errno(rawValue: EINVAL)) {
            try Transfer.send(sockets.first.number, [1], descriptors: [Int32](repeating: 0, count: 254))
        }
    }
}
