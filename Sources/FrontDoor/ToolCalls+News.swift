internal import JSON
internal import Kernel
internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Records
internal import Spooling
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// What becomes of calls that wait: news of their tasks, and the answer at last.
extension ToolCalls {
    /// Something happened on the descriptor of a call that waits.
    ///
    /// - Returns: Whether the call can be answered now.
    func advance(_ pending: inout PendingCall) -> Bool {
        do throws(TaskError) {
            switch pending.wait {
            case .nothing: return try look(&pending)
            case .launched(let launched): return try hear(launched, &pending)
            case .news(let news): return try hear(news, &pending)
            }
        } catch {
            // What is wrong is told by the answer, which looks at the task again.
            return true
        }
    }

    /// The monitor closed the connection: it was killed, and lets go of the task in a moment, or it has too many connections.
    private func look(_ pending: inout PendingCall) throws(TaskError) -> Bool {
        if try pending.task.end() != nil { return true }
        let seen = pending.wantsOutput ? try Self.totals(pending.task) : .max
        if pending.wantsOutput, try hasNews(&pending) { return true }
        pending.lookSoon()
        guard let news = try followed.follow(pending.task, beyond: seen) else { return false }
        (pending.wait, pending.nextLook) = (.news(news), nil)
        return false
    }

    /// The start is no news for anybody who waits for the end; for whoever does not, the time for first output begins.
    private func hear(_ launched: LaunchedTask, _ pending: inout PendingCall) throws(TaskError) -> Bool {
        do throws(Errno) {
            let message = try Transfer.receiveBytes(launched.report.number, limit: ControlRequest.limit)
            guard !message.isEmpty else {
                pending.lookSoon()
                return false
            }
            switch try Self.decoded(message) {
            case .ended: return true
            case .started:
                beginProgress(&pending)
                if pending.isDetached { pending.deadline = Clock.monotonic() + Self.settling }
                return false
            default: return false
            }
        } catch {
            throw .system("the report of task \(launched.id)", error)
        }
    }

    private static func decoded(_ bytes: [UInt8]) throws(Errno) -> ControlReply {
        do throws(RecordError) {
            return try ControlReply(bytes: bytes)
        } catch {
            throw Errno(rawValue: 74)  // EBADMSG
        }
    }

    private func hear(_ news: FollowedTask, _ pending: inout PendingCall) throws(TaskError) -> Bool {
        switch try news.reply(in: followed.round) {
        case .ended: return true
        case nil:
            pending.lookSoon()
            return false
        case .progress:
            guard pending.wantsOutput else { return false }
            let seen = try Self.totals(pending.task)
            if try hasNews(&pending) { return true }
            // What came was of the other stream, or without a match. The monitor tells once: it is asked again.
            if try !news.follow(beyond: seen) { pending.lookSoon() }
            return false
        case .started, .done, .refused: return pending.form == .acknowledgement
        }
    }

    /// Adds what the kernel probably stopped, where the task itself failed and gave no reason that is known.
    func explain(_ view: inout TaskView, _ task: TaskDirectory) {
        guard view.reason == nil, view.end != nil else { return }
        do {
            let compiled = supervisor.policies.policy(named: view.record.policy)
            guard let compiled, let reason = try KernelRefusal.reason(view, task, compiled) else { return }
            (view.reason, view.isInferred) = (reason, true)
        } catch {
            // A deduction that can't be made is none; the task's own facts are there.
            return
        }
    }

    /// The answer to a call, and what moves once it is written.
    func answer(_ pending: PendingCall) -> (ToolResult, (() -> Void)?) {
        do throws(TaskError) {
            var view = try TaskView(pending.task)
            if let end = view.end {
                ended(pending, end)
                try view.readMatches(pending.task)
            }
            let (part, place) = try pending.reading.read(pending.task, isFinal: view.end != nil)
            view.output = part
            view.takenInput = pending.input?.taken
            var pending = pending
            if pending.search != nil { view.isMatched = try searchOn(&pending, isFinal: view.end != nil) }
            explain(&view, pending.task)
            noteEnd(view, pending)
            let move: (() -> Void)? = place.map { offset in
                {
                    // The task may have been pruned in between; then there is no place to keep.
                    do throws(TaskError) { try pending.reading.place.move(to: offset, in: pending.task) } catch {
                        return
                    }
                }
            }
            let isOver = pending.endsTask && view.status == .terminated
            if let (given, taken) = pending.input { return (ToolAnswer.input(view, given: given, taken: taken), move) }
            return (ToolAnswer.task(view, failsWithTask: pending.failsWithTask && !isOver), move)
        } catch {
            return (ToolAnswer.failure(error), nil)
        }
    }
}
