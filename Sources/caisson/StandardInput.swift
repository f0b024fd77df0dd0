import Glibc
import Kernel

/// The caller's standard input on its way to the task.
///
/// A pipe is passed on as it is. Anything else could be more than something to read from (a terminal takes ioctls, a socket
/// can be written to, a file can be opened again through /proc), so the task gets a pipe and this program fills it.
final class StandardInput: TaskInlet {
    /// What the task reads, to be handed over and then closed; nil: nothing.
    private(set) var taskEnd: Int32?
    /// The pipe that this program fills; nil where it has nothing to do.
    private(set) var pipe: Int32?
    private var pending: [UInt8] = []
    private var places = (read: -1, write: -1)

    init() throws(Errno) {
        do throws(Errno) {
            let status = try FileStatus.of(0)
            if try FileStatus.of("/dev/null").isSameFile(as: status) { return }
            if status.isPipe, try Files.accessMode(0) == O_RDONLY {
                taskEnd = 0
                return
            }
        } catch {
            // A closed standard input is one that has ended.
            guard error.rawValue == EBADF else { throw error }
            return
        }
        let ends = try DescriptorPair.pipe()
        ends.apart { first, second in (taskEnd, pipe) = (first.release(), second.release()) }
        if let pipe { try Files.setNonBlocking(pipe) }
    }

    /// The task has its end: this program's copy would keep the pipe open.
    func handedOver() {
        if let taskEnd, taskEnd != 0 { close(taskEnd) }
        taskEnd = nil
    }

    /// Whether there is something to write before anything more is read.
    private var isHeldBack: Bool { !pending.isEmpty }

    func wait(in poll: inout Poll) {
        places.read = poll.add(pipe != nil && !isHeldBack ? 0 : -1, Int32(POLLIN))
        places.write = poll.add(pipe ?? -1, isHeldBack ? Int32(POLLOUT) : 0)
    }

    func move(_ poll: Poll) throws -> Bool {
        if poll.events(places.write) & Int32(POLLERR) != 0 { finish() }
        if poll.events(places.read) != 0 || poll.events(places.write) & Int32(POLLOUT) != 0 { try move() }
        return false
    }

    /// Reads once, and writes as much as the task takes.
    private func move() throws(Errno) {
        guard let pipe else { return }
        do {
            if pending.isEmpty {
                var buffer = [UInt8](repeating: 0, count: 64 << 10)
                let count = try checked { read(0, &buffer, buffer.count) }
                if count == 0 { return finish() }
                pending = Array(buffer.prefix(count))
            }
            let written = try checked { write(pipe, pending, pending.count) }
            pending.removeFirst(written)
        } catch {
            switch error.rawValue {
            case EAGAIN: return
            case EPIPE: finish()
            default: throw error
            }
        }
    }

    /// End of input for the task.
    func finish() {
        if let pipe { close(pipe) }
        pipe = nil
        pending = []
    }
}
