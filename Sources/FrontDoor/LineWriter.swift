internal import Glibc
internal import Kernel

/// Lines on their way to a client that reads at its own pace.
struct LineWriter {
    /// What waits to be written, and what to do once it is.
    private struct Entry {
        let bytes: [UInt8]
        let whenWritten: (() -> Void)?
    }

    /// Beyond this much nothing more is read from the client until it has taken something.
    static let limit = 32 << 20
    /// POLLOUT on a pipe promises that so many bytes can be written without waiting (pipe(7), PIPE_BUF). The descriptor is
    /// not made non-blocking: whoever shares it would be too.
    private static let piece = 4096

    private let descriptor: Int32
    private var entries: [Entry] = []
    private var first = 0
    private var written = 0
    private var size = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Whether something waits.
    var isWaiting: Bool { first < entries.count }
    /// Whether so much waits that no further call should be taken.
    var isFull: Bool { size > Self.limit }

    /// Whether the client reads what it is told unasked: beyond this much, what it would be told next says more.
    var takesNotices: Bool { size < Self.noticeLimit }
    private static let noticeLimit = 256 << 10

    /// Puts a line at the end.
    ///
    /// - Parameter whenWritten: Called once the line and its break have been handed to the kernel.
    mutating func add(_ line: [UInt8], whenWritten: (() -> Void)? = nil) {
        entries.append(Entry(bytes: line + [UInt8(ascii: "\n")], whenWritten: whenWritten))
        size += line.count + 1
    }

    /// Writes one piece; call it when the descriptor is ready. What somebody made non-blocking may take nothing, or less.
    mutating func write() throws(Errno) {
        do throws(Errno) {
            try writePiece()
        } catch {
            guard error.rawValue == EAGAIN else { throw error }
        }
    }

    private mutating func writePiece() throws(Errno) {
        guard isWaiting else { return }
        let entry = entries[first]
        let end = min(written + Self.piece, entry.bytes.count)
        let range = written..<end
        let count = try checked {
            entry.bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: range.lowerBound), range.count)
            }
        }
        written += count
        size -= count
        guard written == entry.bytes.count else { return }
        entry.whenWritten?()
        written = 0
        first += 1
        // Taking each entry from the front would move all that follow.
        if first == entries.count || first > 1024 {
            entries.removeFirst(first)
            first = 0
        }
    }
}
