import Glibc
import Kernel
import Spooling

/// One output stream of the task: from its pipe into the record, and on to the foreground front end while there is one.
///
/// What was read is recorded first and passed on second; while the front end has not taken it, nothing more is read: the
/// task feels the pipe that it would feel without us. Without a front end nothing ever holds the task back.
struct OutputStream {
    let stream: SpoolStream
    /// The task's pipe or the master of its terminal; nil before it is there and after its end.
    private(set) var source: Int32?
    /// The front end's pipe; nil without one, or when it went away.
    private(set) var sink: Int32?
    private var pending = WriteQueue()

    init(_ stream: SpoolStream, source: Int32?, sink: Int32?) {
        self.stream = stream
        self.source = source
        self.sink = sink
    }

    /// The task's end of it is there.
    mutating func begin(_ source: Int32) {
        self.source = source
    }

    /// Whether bytes wait for the front end.
    var isHeldBack: Bool { !pending.isEmpty }

    /// Moves what is there. Returns when the pipe is empty for now, ended, or the front end can't take more.
    ///
    /// - Parameter reads: More are left for the next time: a task that never stops printing must not keep the monitor from
    ///   its deadlines.
    mutating func move(
        into spool: SpoolWriter, _ buffer: UnsafeMutableRawBufferPointer, atMost reads: Int = 16
    ) throws(Errno) {
        try flush()
        for _ in 0..<reads {
            guard let source, !isHeldBack else { return }
            guard let count = try available({ () throws(Errno) in try Transfer.read(source, into: buffer) }) else {
                return
            }
            if count == 0 { return closeSource() }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            try spool.append(stream, bytes)
            if sink != nil {
                pending.add(bytes)
                try flush()
            }
            if count < buffer.count { return }
        }
    }

    /// Records what is still in the pipe, when nobody writes any more: the record is whole before a slow front end has it all.
    mutating func drain(into spool: SpoolWriter, _ buffer: UnsafeMutableRawBufferPointer) throws(Errno) {
        while let source {
            guard let count = try available({ () throws(Errno) in try Transfer.read(source, into: buffer) }) else {
                return
            }
            if count == 0 { return closeSource() }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            try spool.append(stream, bytes)
            if sink != nil { pending.add(bytes) }
        }
    }

    /// Gives the front end what waits for it, as far as it takes it.
    private mutating func flush() throws(Errno) {
        guard let sink else { return }
        do {
            try pending.flush(to: sink)
        } catch {
            guard error.rawValue == EPIPE else { throw error }
            dropSink()
        }
    }

    /// The front end is gone: the task is no longer held back.
    mutating func dropSink() {
        if let sink { close(sink) }
        sink = nil
        pending.clear()
    }

    /// Takes what is still in the pipe after the last writer ended, and closes both ends.
    mutating func finish() {
        closeSource()
        if let sink { close(sink) }
        sink = nil
    }

    private mutating func closeSource() {
        if let source { close(source) }
        source = nil
        // End of file for the front end, once it has everything.
        if !isHeldBack, let sink {
            close(sink)
            self.sink = nil
        }
    }

    private func available(_ call: () throws(Errno) -> Int) throws(Errno) -> Int? {
        do {
            return try call()
        } catch {
            // A terminal's master after the hang-up.
            if error.rawValue == EIO { return 0 }
            guard error.rawValue == EAGAIN else { throw error }
            return nil
        }
    }
}
