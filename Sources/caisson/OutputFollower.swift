import Glibc
import Kernel
import Records
import Spooling

/// One stream of a running task's record on its way to one of our outputs. The task never waits for it.
final class OutputFollower {
    /// Bytes that were not kept, because the reader was slower than the record's limit allows.
    private(set) var dropped: UInt64 = 0
    private let reader: SpoolReader
    private let stream: SpoolStream
    private let outlet: Outlet
    private var offset: UInt64
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 4096)
    private var pending = 0..<0
    private var isClosed = false

    private static let piece = 64 << 10

    init(_ reader: SpoolReader, _ stream: SpoolStream, from offset: UInt64, to target: Int32) throws(Errno) {
        (self.reader, self.stream, self.offset) = (reader, stream, offset)
        outlet = try Outlet(target)
    }

    /// Whether something was read that our reader has not taken yet.
    var isHeldBack: Bool { !pending.isEmpty }

    /// Adds our reader, while it is waited for.
    func wait(in poll: inout Poll) { poll.add(isHeldBack ? outlet.number : -1, Int32(POLLOUT)) }

    /// Passes on what is recorded, as far as it is taken; false if nobody reads our output any more.
    func move() throws(Errno) -> Bool {
        do {
            while try fill() {
                let count = try outlet.write(UnsafeRawBufferPointer(rebasing: buffer[pending]))
                guard count > 0 else { return true }
                pending = (pending.lowerBound + count)..<pending.upperBound
            }
            return true
        } catch {
            guard error.rawValue == EPIPE || error.rawValue == EIO else { throw error }
            (isClosed, pending) = (true, 0..<0)
            return false
        }
    }

    private func fill() throws(Errno) -> Bool {
        guard pending.isEmpty, !isClosed else { return !isClosed }
        let slice = try reader.read(.stream(stream), offset: offset, maxBytes: Self.piece)
        dropped += slice.droppedBytes
        offset = slice.nextOffset
        buffer.copyBytes(from: slice.bytes)
        pending = 0..<slice.bytes.count
        return !pending.isEmpty
    }
}
