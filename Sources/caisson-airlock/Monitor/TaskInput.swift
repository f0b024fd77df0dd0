import Glibc
import Kernel
import Records

/// The way to what the task reads: the write end of its pipe or the master of its terminal, and what waits there until it reads.
struct TaskInput {
    /// So many bytes wait at most besides those that are in the pipe or the terminal already.
    private static let limit = 256 << 10
    /// What ends a terminal's input, where it is the line's first character. Source: termios(3), VEOF.
    private static let endOfFile: UInt8 = 4

    private var target: Int32?
    private let isTerminal: Bool
    private var pending = WriteQueue()
    private var isEnding = false
    /// Why nothing is taken where nothing is.
    private var reason = "the standard input of this task was not left open (stdin: \"open\")"

    /// The input of a task whose pipe was handed over; nil: none was.
    init(pipe: Int32?) throws(Errno) {
        (target, isTerminal) = (pipe, false)
        if let pipe { try Files.setNonBlocking(pipe) }
    }

    /// The input of a task on a terminal.
    ///
    /// - Parameter terminal: The master, borrowed.
    init(terminal: Int32) {
        (target, isTerminal) = (terminal, true)
    }

    /// What is waited for while bytes wait: until then a reader that went away is nobody's business.
    var waiting: Int32 { pending.isEmpty ? -1 : target ?? -1 }

    /// Takes as many bytes as there is room for.
    mutating func take(_ bytes: [UInt8]) -> ControlReply {
        guard target != nil, !isEnding else { return .refused(reason) }
        let count = min(bytes.count, Self.limit - pending.count)
        pending.add(bytes.prefix(count))
        flush()
        return target == nil ? .refused(reason) : .progress(bytes: UInt64(count))
    }

    /// Nothing more comes.
    mutating func end() -> ControlReply {
        guard target != nil, !isEnding else { return .refused(reason) }
        if isTerminal { return take([Self.endOfFile]) }
        (isEnding, reason) = (true, "the standard input of this task has ended")
        flush()
        return .done
    }

    /// Passes on what the task takes without waiting for it.
    mutating func flush() {
        guard let target else { return }
        do {
            try pending.flush(to: target)
        } catch {
            // EPIPE.
            reason = "the task has closed its standard input"
            return close()
        }
        if isEnding, pending.isEmpty { close() }
    }

    /// The answer to somebody who waits until there is room, half of it at least; nil: not yet.
    var room: ControlReply? {
        guard target != nil, !isEnding else { return .refused(reason) }
        let room = Self.limit - pending.count
        return room >= Self.limit / 2 ? .progress(bytes: UInt64(room)) : nil
    }

    private mutating func close() {
        if let target, !isTerminal { Glibc.close(target) }
        target = nil
        pending.clear()
    }
}
