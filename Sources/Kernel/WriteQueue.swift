internal import Glibc

/// Bytes on their way to a descriptor for which nobody waits.
public struct WriteQueue: Sendable {
    private var bytes: [UInt8] = []
    private var sent = 0

    /// An empty queue.
    public init() {}

    /// How many bytes wait.
    public var count: Int { bytes.count - sent }
    /// Whether none does.
    public var isEmpty: Bool { count == 0 }

    /// Adds bytes at the end.
    public mutating func add(_ more: some Collection<UInt8>) {
        if isEmpty { clear() }
        bytes.append(contentsOf: more)
    }

    /// Writes as much as is taken at once, and keeps the rest. Of a reader that is gone the error is EPIPE, of a terminal EIO.
    ///
    /// - Parameter fd: Non-blocking.
    public mutating func flush(to fd: Int32) throws(Errno) {
        while !isEmpty {
            let start = sent
            do {
                sent += try checked {
                    bytes.withUnsafeBytes { write(fd, $0.baseAddress?.advanced(by: start), $0.count - start) }
                }
            } catch {
                guard error.rawValue == EAGAIN else { throw error }
                return compact()
            }
        }
        clear()
    }

    /// Forgets what waits.
    public mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 256 << 10)
        sent = 0
    }

    /// What was sent takes no more room than what waits.
    private mutating func compact() {
        guard sent > count else { return }
        bytes.removeFirst(sent)
        sent = 0
    }
}
