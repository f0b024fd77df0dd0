internal import Kernel
internal import Records
internal import Spooling
internal import Tasks
internal import ToolProtocol

extension ToolCalls {
    /// How long a task has for an answer to what was written, in nanoseconds.
    private static let moment: UInt64 = 250_000_000

    /// Writes to a task's standard input: its size first, because a program asks for that when it draws; its end last.
    func write(_ call: ToolCall, _ request: WriteInputRequest) throws(TaskError) -> Outcome {
        let task = try task(request.task)
        let input = try TaskInput(task)
        let seen = try Self.totals(task)
        if let size = request.size { try input.resize(WindowSize(rows: size.rows, columns: size.columns)) }
        let taken = try input.write(request.bytes)
        if request.endsInput, taken == request.bytes.count { try input.end() }
        var pending = PendingCall(
            request: call.opened, task: task, wait: .nothing, deadline: 0, reading: reading(.both),
            failsWithTask: false,
            wantsOutput: true)
        pending.input = (request.bytes.count, taken)
        // Whoever sends a part of much does not wait for an answer to it.
        guard taken == request.bytes.count, let news = try followed.follow(task, beyond: seen) else {
            return .wait(pending)
        }
        (pending.wait, pending.deadline) = (.news(news), Clock.monotonic() + Self.moment)
        return .wait(pending)
    }
}
