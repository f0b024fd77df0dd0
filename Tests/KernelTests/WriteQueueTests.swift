import Glibc
import Testing

@testable import Kernel

@Suite("A queue of bytes for a descriptor that nobody waits for")
struct WriteQueueTests {
    @Test("hands over every byte once and in order, however little is taken at a time")
    func order() throws {
        let pipe = try DescriptorPair.pipe(O_NONBLOCK)
        let (reader, writer) = (pipe.first.number, pipe.second.number)
        var (queue, written, read): (WriteQueue, [UInt8], [UInt8]) = (WriteQueue(), [], [])
        for round in 0..<200 {
            let more = (0..<(round * 37 % 3000)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ round) }
            queue.add(more)
            written += more
            try queue.flush(to: writer)
            if round % 3 == 0 { read += try taken(reader, atMost: 2048) }
            #expect(queue.count <= written.count - read.count)
        }
        while read.count < written.count {
            read += try taken(reader, atMost: 4096)
            try queue.flush(to: writer)
        }
        #expect(read == written && queue.isEmpty)
    }

    private func taken(_ reader: Int32, atMost count: Int) throws -> [UInt8] {
        guard try Poll.now(reader, Int32(POLLIN)) != 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try bytes.withUnsafeMutableBytes { (raw) throws(Errno) in try Transfer.read(reader, into: raw) }
        return Array(bytes.prefix(got))
    }

    @Test("keeps what a full pipe does not take, and says how much that is")
    func full() throws {
        let pipe = try DescriptorPair.pipe(O_NONBLOCK)
        var queue = WriteQueue()
        queue.add([UInt8](repeating: 7, count: 65536 + 100))
        try queue.flush(to: pipe.second.number)
        #expect(queue.count == 100 && !queue.isEmpty)
        queue.clear()
        #expect(queue.isEmpty)
    }

    @Test("says that its reader is gone")
    func gone() throws {
        signal(SIGPIPE, SIG_IGN)
        var writer: Int32 = -1
        try DescriptorPair.pipe(O_NONBLOCK).apart { _, second in writer = second.release() }
        defer { close(writer) }
        var queue = WriteQueue()
        queue.add([1])
        let error = #expect(throws: Errno.self) { try queue.flush(to: writer) }
        #expect(error?.rawValue == EPIPE)
    }
}
