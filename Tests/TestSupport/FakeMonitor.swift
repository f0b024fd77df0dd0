internal import Foundation
internal import Glibc
public import Kernel
public import Records
internal import Synchronization
public import Tasks

/// What a task's monitor does, as far as front ends see it: it holds the task's lock, listens on the control socket and
/// answers.
public final class FakeMonitor: Sendable {
    /// What it answers to a request.
    public typealias Answer = @Sendable (ControlRequest) -> [ControlReply]

    private let lock: SharedDescriptor
    private let stop: SharedDescriptor
    private let finished = DispatchSemaphore(value: 0)
    private let heard = Mutex<[ControlRequest]>([])

    /// Listens until `end` is called.
    public init(_ bench: TaskBench, _ task: TaskDirectory, answer: @escaping Answer) throws {
        lock = try bench.lock(task)
        let listener = SharedDescriptor(try LocalSocket.listen(at: task.directory.number, "control"))
        var ends: (stopped: Int32, stop: Int32) = (-1, -1)
        try DescriptorPair.pipe().apart { ends = ($0.release(), $1.release()) }
        stop = SharedDescriptor(Descriptor(owning: ends.stop))
        let stopped = SharedDescriptor(Descriptor(owning: ends.stopped))
        Thread.detachNewThread { [self] in
            do {
                try serve(listener.number, stopped.number, answer)
            } catch {
                fatalError("the monitor of the test: \(error)")
            }
            // Closing would not be enough: this thread lets go of its copy only after it has said that it is finished, and a
            // process that another test starts has a copy until it executes its program.
            shutdown(listener.number, Int32(SHUT_RDWR))
            finished.signal()
        }
    }

    /// What was asked so far.
    public var requests: [ControlRequest] { heard.withLock { $0 } }

    /// Closes everything, as a process that dies does.
    public func end() throws(Errno) {
        try Transfer.write(stop.number, "x")
        finished.wait()
        _ = try checked { flock(lock.number, LOCK_UN) }
    }

    private func serve(_ listener: Int32, _ stopped: Int32, _ answer: Answer) throws {
        var connections: [SharedDescriptor] = []
        while true {
            var poll = Poll()
            poll.add(stopped, Int32(POLLIN))
            poll.add(listener, Int32(POLLIN))
            let places = connections.map { poll.add($0.number, Int32(POLLIN)) }
            try poll.wait()
            if poll.events(0) != 0 { return }
            for (place, connection) in zip(places, connections).reversed() where poll.events(place) != 0 {
                if try !take(connection.number, answer) { connections.removeAll { $0 === connection } }
            }
            if poll.events(1) != 0 { connections.append(SharedDescriptor(try LocalSocket.accept(listener))) }
        }
    }

    private func take(_ connection: Int32, _ answer: Answer) throws -> Bool {
        let bytes = try Transfer.receiveBytes(connection, limit: ControlRequest.limit)
        guard !bytes.isEmpty else { return false }
        let request = try ControlRequest(bytes: bytes)
        heard.withLock { $0.append(request) }
        for reply in answer(request) { try Transfer.send(connection, reply.bytes) }
        return true
    }
}
