internal import CKernel
internal import Glibc

/// A file descriptor with one owner, closed at the end of its life.
///
/// Everything is opened with O_CLOEXEC. A close(2) that fails with EBADF means that somebody closed what we own: a
/// defect that would sooner or later write into a stranger's file, and so it traps.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value lives.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) {
        precondition(number >= 0, "a descriptor is not negative")
        self.number = number
    }

    deinit {
        if Glibc.close(number) < 0 && Errno.last.rawValue == EBADF {
            fatalError("descriptor \(number) was closed by somebody else")
        }
    }

    /// Gives up ownership: the caller closes the number, or passes it on.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// A second descriptor for the same open file, close-on-exec. The corresponding call is fcntl(F_DUPFD_CLOEXEC).
    public borrowing func duplicate() throws(Errno) -> Descriptor {
        let source = number
        return Descriptor(owning: try checked { csn_fcntl(source, F_DUPFD_CLOEXEC, 3) })
    }
}

/// The two ends of a pipe or a socket pair.
public struct DescriptorPair: ~Copyable, Sendable {
    /// A pipe's read end, or a socket pair's first end.
    public var first: Descriptor
    /// A pipe's write end, or a socket pair's second end.
    public var second: Descriptor

    /// A pipe; both ends close-on-exec.
    ///
    /// - Parameter flags: More flags of pipe2(2), such as O_NONBLOCK.
    public static func pipe(_ flags: Int32 = 0) throws(Errno) -> DescriptorPair {
        var ends: (Int32, Int32) = (-1, -1)
        _ = try checked {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: Int32.self, capacity: 2) { csn_pipe2($0, O_CLOEXEC | flags) }
            }
        }
        return DescriptorPair(first: Descriptor(owning: ends.0), second: Descriptor(owning: ends.1))
    }

    /// A pipe that holds bytes already and whose write end is closed: what reads it gets the bytes and then the end.
    ///
    /// - Parameter bytes: At most as many as the kernel lets a pipe hold (pipe(7), /proc/sys/fs/pipe-max-size); more are
    ///   EPERM or EAGAIN.
    public static func filledPipe(_ bytes: [UInt8]) throws(Errno) -> Descriptor {
        let ends = try pipe(O_NONBLOCK)
        let (reader, writer) = (ends.first.number, ends.second.number)
        if bytes.count > 65536 { _ = try checked { csn_fcntl(writer, Int32(CSN_F_SETPIPE_SZ), bytes.count) } }
        try Transfer.write(writer, bytes)
        // The flag belongs to the open file, which the reader will share.
        _ = try checked { csn_fcntl(reader, F_SETFL, 0) }
        var kept: Int32 = -1
        ends.apart { first, _ in kept = first.release() }
        return Descriptor(owning: kept)
    }

    /// A connected pair of AF_UNIX sockets that keep message boundaries (SOCK_SEQPACKET); both close-on-exec.
    public static func sockets() throws(Errno) -> DescriptorPair {
        var ends: (Int32, Int32) = (-1, -1)
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        _ = try checked {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: Int32.self, capacity: 2) { socketpair(AF_UNIX, kind, 0, $0) }
            }
        }
        return DescriptorPair(first: Descriptor(owning: ends.0), second: Descriptor(owning: ends.1))
    }

    /// A pair of two descriptors.
    public init(first: consuming Descriptor, second: consuming Descriptor) {
        self.first = first
        self.second = second
    }

    /// Takes the pair apart.
    public consuming func apart(_ body: (consuming Descriptor, consuming Descriptor) -> Void) {
        body(first, second)
    }
}
