internal import CKernel
internal import Glibc

/// read(2), write(2) and their kin on a descriptor's number.
public enum Transfer {
    /// Reads at most `buffer.count` bytes. Returns 0 at the end of input.
    public static func read(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try checked { Glibc.read(fd, buffer.baseAddress, buffer.count) }
    }

    /// Reads everything until the end of input.
    ///
    /// - Parameter limit: More bytes than this are EFBIG.
    public static func readAll(_ fd: Int32, limit: Int = 256 << 20) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        // The size is a hint that anybody may have set: a hole of terabytes must not be asked for.
        var room = max(min(Int(clamping: try FileStatus.of(fd).size), limit) &+ 1, 4096)
        while true {
            var part = Part()
            let found = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                part = fill(fd, UnsafeMutableRawBufferPointer(buffer))
                count = part.count
            }
            if let failure = part.failure { throw failure }
            bytes = bytes.isEmpty ? found : bytes + found
            guard bytes.count <= limit else { throw Errno(rawValue: EFBIG) }
            if part.isLast { return bytes }
            room = bytes.count
        }
    }

    private struct Part {
        var count = 0
        var isLast = false
        var failure: Errno?
    }

    /// Reads until the buffer is full or the input has ended. What fails is a value, because it happens inside of a closure
    /// of the library that throws anything.
    private static func fill(_ fd: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Part {
        var part = Part()
        do throws(Errno) {
            while part.count < buffer.count, !part.isLast {
                let got = try read(fd, into: UnsafeMutableRawBufferPointer(rebasing: buffer[part.count...]))
                part.count += got
                part.isLast = got == 0
            }
        } catch {
            part.failure = error
        }
        return part
    }

    /// Writes all bytes, however many calls it takes.
    public static func write(_ fd: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try checked { Glibc.write(fd, rest.baseAddress, rest.count) }
        }
    }

    /// Writes all bytes, however many calls it takes.
    public static func write(_ fd: Int32, _ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            done += try checked {
                bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress?.advanced(by: done), $0.count - done) }
            }
        }
    }

    /// Writes bytes in one call, which may take fewer of them: a disk that fills up, a limit. The corresponding call is write(2).
    ///
    /// - Returns: How many were written.
    public static func writeOnce(_ fd: Int32, _ bytes: [UInt8]) throws(Errno) -> Int {
        try checked { bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) } }
    }

    /// Writes all bytes, and waits for room also where somebody made the descriptor non-blocking.
    public static func deliver(_ fd: Int32, _ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            do {
                done += try checked {
                    bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress?.advanced(by: done), $0.count - done) }
                }
            } catch {
                guard error.rawValue == EAGAIN else { throw error }
                var poll = Poll()
                poll.add(fd, Int32(POLLOUT))
                try poll.wait()
            }
        }
    }

    /// Writes all bytes at `offset` of a file, without moving its position.
    public static func write(_ fd: Int32, _ bytes: [UInt8], at offset: UInt64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            done += try checked {
                bytes.withUnsafeBytes {
                    pwrite(fd, $0.baseAddress?.advanced(by: done), $0.count - done, Int(offset) + done)
                }
            }
        }
    }

    /// Writes text as UTF-8.
    public static func write(_ fd: Int32, _ text: String) throws(Errno) {
        try write(fd, Array(text.utf8))
    }

    /// Reads at most `count` bytes from `offset` of a file, without moving its position. No file has bytes beyond 8 EiB.
    public static func read(_ fd: Int32, at offset: UInt64, count: Int) throws(Errno) -> [UInt8] {
        guard offset <= UInt64(Int.max - count) else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = try checked {
                bytes.withUnsafeMutableBytes {
                    pread(fd, $0.baseAddress?.advanced(by: done), count - done, Int(offset) + done)
                }
            }
            if got == 0 { break }
            done += got
        }
        bytes.removeLast(count - done)
        return bytes
    }

    /// Sends one message on a SOCK_SEQPACKET socket, with at most 253 descriptors; a reader that is gone is EPIPE.
    public static func send(_ socket: Int32, _ bytes: [UInt8], descriptors: [Int32] = []) throws(Errno) {
        _ = try checked {
            bytes.withUnsafeBytes { raw in
                descriptors.withUnsafeBufferPointer {
                    csn_send_with_descriptors(socket, raw.baseAddress, raw.count, $0.baseAddress, $0.count)
                }
            }
        }
    }

    /// Receives one message of at most `limit` bytes and the descriptors that came with it, which the caller owns.
    /// An empty message means that the other end is gone; a longer one is taken, and is EMSGSIZE.
    ///
    /// - Parameter most: Descriptors beyond so many are closed.
    public static func receive(
        _ socket: Int32, limit: Int, most: Int = 16
    ) throws(Errno) -> (bytes: [UInt8], descriptors: [Int32]) {
        var numbers = [Int32](repeating: -1, count: most)
        var (found, got) = (0, 0)
        var failure: Errno?
        // Not zeroed before: the limit is much larger than most messages.
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(Errno) {
                got = try checked {
                    numbers.withUnsafeMutableBufferPointer {
                        csn_receive_with_descriptors(
                            socket, buffer.baseAddress, limit, $0.baseAddress, $0.count, &found)
                    }
                }
                count = min(got, limit)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard got <= limit else {
            for number in numbers.prefix(found) { _ = Descriptor(owning: number) }
            throw Errno(rawValue: EMSGSIZE)
        }
        return (bytes, Array(numbers.prefix(found)))
    }

    /// Receives one message of at most `limit` bytes; descriptors that somebody sends with it are closed at once.
    /// An empty message means that the other end is gone.
    public static func receiveBytes(_ socket: Int32, limit: Int) throws(Errno) -> [UInt8] {
        let message = try receive(socket, limit: limit)
        for number in message.descriptors { _ = Descriptor(owning: number) }
        return message.bytes
    }
}
