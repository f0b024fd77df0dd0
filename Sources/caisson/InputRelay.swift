import Glibc
import Kernel
import Records
import Tasks

/// Our standard input on its way to a running task's through its monitor, which has the other end.
///
/// One request at a time: the next bytes are read when the last ones were taken, so that nothing is lost and nobody waits.
final class InputRelay: TaskInlet {
    /// What the monitor said when it took no more.
    private(set) var refusal: String?
    private let control: TaskControl
    private let hasKey: Bool
    private let endsInput: Bool
    private var key = DetachKey()
    private var pending: [UInt8] = []
    private var isReading = true
    private var isAsking = false
    private var isWaitingForRoom = false
    private var places = (input: -1, control: -1)

    private static let piece = 32 << 10

    /// - Parameters:
    ///   - hasKey: Whether keys come one by one, and one of them detaches.
    ///   - endsInput: Whether the end of ours is the end of the task's.
    init(_ control: consuming TaskControl, hasKey: Bool, endsInput: Bool) {
        self.control = control
        (self.hasKey, self.endsInput) = (hasKey, endsInput)
    }

    func wait(in poll: inout Poll) {
        places.input = poll.add(isReading && !isAsking ? 0 : -1, Int32(POLLIN))
        places.control = poll.add(isAsking ? control.descriptor : -1, Int32(POLLIN))
    }

    func move(_ poll: Poll) throws -> Bool {
        if poll.events(places.control) != 0 { try hear() }
        guard poll.events(places.input) != 0 else { return false }
        return try read()
    }

    func finish() { (isReading, isAsking) = (false, false) }

    /// Reads once; true if what was read detaches.
    private func read() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: Self.piece)
        do throws(Errno) {
            let count = try checked { Glibc.read(0, &bytes, bytes.count) }
            bytes.removeLast(bytes.count - count)
        } catch {
            guard error.rawValue == EIO || error.rawValue == EAGAIN else { throw error }
            // The terminal was hung up.
            if error.rawValue == EIO { finish() }
            return false
        }
        if bytes.isEmpty {
            isReading = false
            if endsInput { try ask(.endOfInput) }
        } else if hasKey, key.isPressed(bytes, now: Clock.monotonic()) {
            return true
        } else {
            pending = bytes
            try ask(.input(bytes))
        }
        return false
    }

    private func ask(_ request: ControlRequest) throws {
        isAsking = try control.send(request)
        if !isAsking { finish() }
    }

    /// What was taken, or that there is room again for what was not.
    private func hear() throws {
        isAsking = false
        switch try control.reply(timeout: 0) {
        case .progress(let count):
            if !isWaitingForRoom { pending.removeFirst(min(pending.count, Int(clamping: count))) }
            guard !pending.isEmpty else { return isWaitingForRoom = false }
            isWaitingForRoom.toggle()
            try ask(isWaitingForRoom ? .awaitRoom : .input(pending))
        case .refused(let reason):
            refusal = reason
            finish()
        case .done: return
        case nil:
            // It tells of its end.
            refusal = "the task's monitor hung up, as it does when too many are connected to it"
            finish()
        case .ended, .started: finish()
        }
    }
}
