internal import Kernel
public import Records

/// A connection by which input goes to a running task, and what belongs to it: its end, and a terminal's size.
public struct TaskInput: ~Copyable {
    private let task: TaskDirectory
    private let control: TaskControl

    /// More bytes do not go into one request.
    public static let piece = 64 << 10

    /// Connects.
    ///
    /// - Throws: `notRunning`; `refused` where the task's input was not left open.
    public init(_ task: TaskDirectory) throws(TaskError) {
        guard try task.record().inputStaysOpen else {
            throw .refused("the task takes no input: it was started without stdin: \"open\" and without a terminal")
        }
        guard try task.end() == nil, let control = try TaskControl(task) else { throw .notRunning }
        self.task = task
        self.control = control
    }

    /// Writes as much as the task's monitor takes at once: what the task reads, and some that waits until it does.
    ///
    /// - Returns: How many bytes were taken, from the first one on.
    public func write(_ bytes: [UInt8]) throws(TaskError) -> Int {
        var taken = 0
        while taken < bytes.count {
            let part = Array(bytes[taken..<min(taken + Self.piece, bytes.count)])
            guard case .progress(let count) = try ask(.input(part)) else { throw Self.unexpected }
            taken += Int(clamping: count)
            if count < part.count { return taken }
        }
        return taken
    }

    /// Ends the input after what was taken; on a terminal, types the end-of-file character.
    public func end() throws(TaskError) { _ = try ask(.endOfInput) }

    /// Sets the size of the task's terminal.
    public func resize(_ size: WindowSize) throws(TaskError) { _ = try ask(.resize(size)) }

    /// A monitor answers at once; one that does not is stopped, or its host is.
    private static let patience: UInt64 = 20_000_000_000
    private static let unexpected = TaskError.refused("the task's monitor gave an answer to another question")

    private func ask(_ request: ControlRequest) throws(TaskError) -> ControlReply {
        switch try control.ask(request, timeout: Self.patience) {
        case .refused(let reason): throw .refused(reason)
        case .ended: throw .notRunning
        case let reply?: return reply
        case nil: throw try silence(request)
        }
    }

    /// Why a monitor hung up: it does so when it has ended, and when it was started before there was such a request.
    private func silence(_ request: ControlRequest) throws(TaskError) -> TaskError {
        guard request.firstVersion > 1, let another = try TaskControl(task),
            try another.ask(.state, timeout: Self.patience) != nil
        else { return .notRunning }
        return .refused("the task was started by an older version of Caisson, whose monitor does not know this request")
    }
}
