internal import Glibc
internal import Kernel
public import Records

/// A connection to a running task's monitor.
public struct TaskControl: ~Copyable {
    private let socket: Descriptor

    /// Connects; nil if the task has ended and nobody listens any more.
    public init?(_ task: TaskDirectory) throws(TaskError) {
        do {
            socket = try LocalSocket.connect(at: task.directory.number, "control")
        } catch {
            guard error.rawValue == ECONNREFUSED || error.rawValue == ENOENT else {
                throw .system("control socket of task \(task.id)", error)
            }
            return nil
        }
    }

    /// The descriptor, for an event loop: readable when an answer is there.
    public var descriptor: Int32 { socket.number }

    /// Asks for something and waits for the answer.
    ///
    /// - Returns: nil if the monitor ended without an answer.
    public func ask(_ request: ControlRequest, timeout: UInt64? = nil) throws(TaskError) -> ControlReply? {
        guard try send(request) else { return nil }
        return try reply(timeout: timeout)
    }

    /// Asks for something without waiting; false if the monitor is gone.
    public func send(_ request: ControlRequest) throws(TaskError) -> Bool {
        do {
            try Transfer.send(socket.number, request.bytes)
            return true
        } catch {
            guard error.rawValue == EPIPE || error.rawValue == ECONNRESET else {
                throw .system("control socket", error)
            }
            return false
        }
    }

    /// Waits for an answer.
    ///
    /// - Parameter timeout: Nanoseconds; nil waits for ever.
    /// - Returns: nil if the time is over or the monitor ended.
    public func reply(timeout: UInt64? = nil) throws(TaskError) -> ControlReply? {
        let bytes: [UInt8]
        do throws(Errno) {
            guard try isReadable(timeout) else { return nil }
            bytes = try Transfer.receiveBytes(socket.number, limit: ControlRequest.limit)
        } catch {
            guard error.rawValue == ECONNRESET else { throw .system("control socket", error) }
            return nil
        }
        guard !bytes.isEmpty else { return nil }
        do {
            return try ControlReply(bytes: bytes)
        } catch {
            throw .refused("the task's monitor speaks another version: \(error)")
        }
    }

    private func isReadable(_ timeout: UInt64?) throws(Errno) -> Bool {
        var poll = Poll()
        poll.add(socket.number, Int32(POLLIN))
        try poll.wait(timeout: timeout)
        return poll.events(0) != 0
    }
}
