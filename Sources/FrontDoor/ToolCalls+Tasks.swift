internal import Audit
internal import JSON
internal import Kernel
internal import Launching
internal import Records
internal import Spooling
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// Tasks of the protocol: the server's own, by the same ids.
extension ToolCalls {
    /// What came of a query.
    enum Reply {
        case answer(JSONObject)
        case wait(PendingCall)
        case fail(ProtocolError)
    }

    /// The tasks on a page of `tasks/list`.
    private static let pageSize = 100

    /// Answers a query, or lets it wait.
    func begin(_ query: Query) -> Reply {
        do throws(TaskError) {
            switch query.subject {
            case .task(let id): return try about(id, query) { (task) throws(TaskError) in try get(task, query) }
            case .taskResult(let id):
                return try about(id, query) { (task) throws(TaskError) in try result(task, query) }
            case .cancelTask(let id):
                return try about(id, query) { (task) throws(TaskError) in try cancel(task, query) }
            case .updateTask(let id): return try about(id, query) { (_) throws(TaskError) in .answer([:]) }
            case .tasks(let cursor): return try tasks(cursor, query)
            case .completion(let completion): return try complete(completion)
            case .resources(let cursor): return try resources(cursor, query)
            case .resource(let resource, let offset): return try contents(resource, from: offset, query)
            }
        } catch {
            return .fail(.internalError("the task can't be read"))
        }
    }

    /// The protocol's view of a task that was just started: its directory is there, and so it can be asked for.
    func shown(_ launched: LaunchedTask) -> Outcome {
        do throws(TaskError) {
            return .task(protocolTask(try TaskView(try TaskDirectory(supervisor.state, launched.id))))
        } catch {
            return .answer(ToolAnswer.failure(error))
        }
    }

    /// The answer to a task's cancellation: the task as it is then.
    func cancelled(_ pending: PendingCall, _ conversation: inout Conversation) -> Response? {
        do throws(TaskError) {
            let task = protocolTask(try TaskView(pending.task))
            return conversation.finish(pending.request, with: task.members(for: pending.request.version))
        } catch {
            return conversation.fail(pending.request, with: .internalError("the task can't be read"))
        }
    }

    /// How a task stands, and what its call answers once it has ended; nil: it can't be read any more.
    ///
    /// - Parameter request: The one that wants the answer, too; nil: none does.
    func status(of id: String, for request: OpenRequest?) -> (ProtocolTask, ToolResult?)? {
        do throws(TaskError) {
            let task = try supervisor.task(id: id)
            let shown = protocolTask(try TaskView(task))
            guard let request, !shown.isWorking else { return (shown, nil) }
            return (shown, answer(resultPending(task, request)).0)
        } catch {
            return nil
        }
    }

    /// Only a whole id names a task here, and one that is gone is as one that never was.
    private func about(
        _ id: String, _ query: Query, _ body: (TaskDirectory) throws(TaskError) -> Reply
    ) throws(TaskError) -> Reply {
        guard TaskID(id) != nil else { return .fail(.unknownTask(id)) }
        do throws(TaskError) {
            return try body(try supervisor.task(id: id))
        } catch {
            guard case .unknownTask = error else { throw error }
            return .fail(.unknownTask(id))
        }
    }

    private func get(_ task: TaskDirectory, _ query: Query) throws(TaskError) -> Reply {
        let shown = protocolTask(try TaskView(task))
        let version = query.request.version
        guard version.isModern, !shown.isWorking else { return .answer(shown.members(for: version, result: nil)) }
        return .answer(shown.members(for: version, result: answer(resultPending(task, query.request)).0))
    }

    /// Waits for the end, however long that takes, and answers as the call would have been.
    private func result(_ task: TaskDirectory, _ query: Query) throws(TaskError) -> Reply {
        var pending = resultPending(task, query.request)
        pending.form = .resultOfTask
        guard try task.end() == nil else { return .wait(pending) }
        pending.deadline = .max
        if let news = try followed.follow(task, beyond: .max) {
            pending.wait = .news(news)
        } else {
            pending.lookSoon()
        }
        return .wait(pending)
    }

    /// Nobody's place moves: the result is the same however often it is asked for.
    func resultPending(_ task: TaskDirectory, _ request: OpenRequest) -> PendingCall {
        var reading = reading(.both)
        reading.start = .offset(0)
        return PendingCall(
            request: request, task: task, wait: .nothing, deadline: 0, reading: reading, failsWithTask: true,
            wantsOutput: false)
    }

    /// In 2025-11-25 the answer comes after the end and shows it; in 2026-07-28 it says only that the order was taken.
    private func cancel(_ task: TaskDirectory, _ query: Query) throws(TaskError) -> Reply {
        let isModern = query.request.version.isModern
        let order = ControlRequest.terminate(signal: 15, grace: nil, cause: "stop", by: supervisor.principal)
        if try task.end() == nil { note(.act("stop", by: supervisor.principal, [task.id]), query.request) }
        guard try task.end() == nil, let control = try TaskControl(task), try control.send(order) else {
            return isModern ? .answer([:]) : .fail(.alreadyOver(task.id.text))
        }
        var pending = resultPending(task, query.request)
        pending.form = isModern ? .acknowledgement : .task
        let patience = (isModern ? 1000 : 55_000) * Self.millisecond
        guard try isModern ? true : control.send(.follow(bytes: .max)) else { return .wait(pending) }
        (pending.wait, pending.deadline) = (.news(FollowedTask(control)), Clock.monotonic() + patience)
        return .wait(pending)
    }

    private func tasks(_ cursor: String?, _ query: Query) throws(TaskError) -> Reply {
        let page: (views: [TaskView], next: String?)
        do throws(TaskError) {
            page = try supervisor.tasks.page(cursor: cursor, limit: Self.pageSize)
        } catch {
            guard case .refused = error else { throw error }
            return .fail(.unknownCursor)
        }
        let version = query.request.version
        let list = page.views.map { JSON.object(protocolTask($0).members(for: version)) }
        return .answer(JSONObject(present: ["tasks": .array(list), "nextCursor": page.next.map(JSON.string)]))
    }

    func protocolTask(_ view: TaskView) -> ProtocolTask {
        let state: ProtocolTask.State =
            switch view.status {
            case .running: .working
            case .terminated: .cancelled
            default: .ended(failed: ToolAnswer.hasFailed(view))
            }
        let created = TimeText.timestamp(view.record.startedAt)
        return ProtocolTask(
            id: view.record.id.text, state: state, message: ToolAnswer.summary(view), createdAt: created,
            updatedAt: view.end.map { TimeText.timestamp($0.endedAt) } ?? created, timeToLive: Self.life(view))
    }

    /// Milliseconds from its start for which a task can be asked for: it runs, as long as it may, and is then kept.
    private static func life(_ view: TaskView) -> UInt64? {
        let record = view.record
        let run: UInt64
        if let end = view.end {
            run = UInt64(clamping: end.endedAt - record.startedAt)
        } else {
            guard record.wall > 0 else { return nil }
            run = record.wall &+ record.grace
        }
        return (run / 1_000_000).addingReportingOverflow(record.retention / 1_000_000).partialValue
    }
}
