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
        let size = max(min(Int(clamping: try FileStatus.of(fd).size), limit) &+ 1, 4096)
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: size))
            let got = try checked {
                bytes.withUnsafeMutableBytes { Glibc.read(fd, $0.baseAddress?.advanced(by: start), size) }
            }
            bytes.removeLast(size - got)
            if got == 0 { return bytes }
            guard bytes.count <= limit else { throw Errno(rawValue: EFBIG) }
        }
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

    /// Writes text as UTF-8.
    public static func write(_ fd: Int32, _ text: String) throws(Errno) {
        try write(fd, Array(text.utf8))
    }

    /// Reads at most `count` bytes from `offset` of a file, without moving its position.
    public static func read(_ fd: Int32, at offset: UInt64, count: Int) throws(Errno) -> [UInt8] {
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

    /// Sends one message on a SOCK_SEQPACKET socket, with at most eight descriptors; a reader that is gone is EPIPE.
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
    public static func receive(_ socket: Int32, limit: Int) throws(Errno) -> (bytes: [UInt8], descriptors: [Int32]) {
        var bytes = [UInt8](repeating: 0, count: limit)
        var numbers = [Int32](repeating: -1, count: 8)
        var found = 0
        let got = try checked {
            bytes.withUnsafeMutableBytes { raw in
                numbers.withUnsafeMutableBufferPointer {
                    csn_receive_with_descriptors(socket, raw.baseAddress, raw.count, $0.baseAddress, $0.count, &found)
                }
            }
        }
        guard got <= limit else {
            for number in numbers.prefix(found) { _ = Descriptor(owning: number) }
            throw Errno(rawValue: EMSGSIZE)
        }
        return (Array(bytes.prefix(got)), Array(numbers.prefix(found)))
    }

    /// Receives one message of at most `limit` bytes; descriptors that somebody sends with it are closed at once.
    /// An empty message means that the other end is gone.
    public static func receiveBytes(_ socket: Int32, limit: Int) throws(Errno) -> [UInt8] {
        let message = try receive(socket, limit: limit)
        for number in message.descriptors { _ = Descriptor(owning: number) }
        return message.bytes
    }
}
