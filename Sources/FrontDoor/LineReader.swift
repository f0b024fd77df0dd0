internal import Glibc
internal import Kernel

/// Splits what comes in on a descriptor into lines, in bounded memory.
struct LineReader {
    /// What one read brought.
    enum Item: Equatable {
        /// A line without its break.
        case line([UInt8])
        /// A line that was longer than the limit; it is thrown away up to its end.
        case tooLong
    }

    /// Longer lines are not kept: no call of ours needs more.
    static let limit = 16 << 20

    private let descriptor: Int32
    private let limit: Int
    private var pending: [UInt8] = []
    private var searched = 0
    private var isSkipping = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    /// Whether the input has ended.
    private(set) var hasEnded = false

    init(_ descriptor: Int32, limit: Int = LineReader.limit) {
        (self.descriptor, self.limit) = (descriptor, limit)
    }

    /// Reads once and returns the lines that are whole now. Half a line before the end of input is nobody's message.
    mutating func read() throws(Errno) -> [Item] {
        guard let count = try available() else { return [] }
        hasEnded = count == 0
        pending.append(contentsOf: buffer[..<count])
        var items: [Item] = []
        var start = 0
        while let end = pending[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) {
            if isSkipping {
                isSkipping = false
            } else {
                items.append(end - start > limit ? .tooLong : .line(Array(pending[start..<end])))
            }
            start = end + 1
            searched = start
        }
        pending.removeFirst(start)
        searched = pending.count
        if pending.count > limit {
            if !isSkipping { items.append(.tooLong) }
            isSkipping = true
        }
        if isSkipping { (pending, searched) = ([], 0) }
        return items
    }

    /// Nil: somebody made the input non-blocking, and what was there is gone.
    private func available() throws(Errno) -> Int? {
        do throws(Errno) {
            return try Transfer.read(descriptor, into: buffer)
        } catch {
            guard error.rawValue == EAGAIN else { throw error }
            return nil
        }
    }
}
