internal import JSON
internal import Launching
internal import Policy
internal import Records
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// What a client finds in the log, where it asks for one: tasks that begin, end or are refused, and what a policy relaxes.
extension ToolCalls {
    /// Notes that a task was started, and what its policy relaxes.
    func noteStart(_ id: TaskID, _ call: ToolCall) {
        guard call.opened.hears(of: .notice) else { return }
        do throws(TaskError) {
            let record = try TaskDirectory(supervisor.state, id).record()
            let policy: JSONObject = ["name": .string(record.policy), "digest": .string(record.policyDigest)]
            let words = OutputText.visible(Array(record.arguments.joined(separator: " ").utf8.prefix(400)))
            let facts: JSONObject = ["task_id": .string(id.text), "policy": .object(policy)]
            journal.note(
                LogEntry(.info, "start", "task \(id) was started: \(words)", facts), call.opened, started: id.text)
            noteRelaxations(record.policy, facts, call)
        } catch {
            // It was pruned just now, or what is wrong with it is told by the answer.
            return
        }
    }

    private func noteRelaxations(_ policy: String, _ facts: JSONObject, _ call: ToolCall) {
        guard let relaxations = supervisor.policies.policy(named: policy)?.policy.relaxations, !relaxations.isEmpty
        else { return }
        var facts = facts
        let list: [JSON] = relaxations.map { ["key": .string($0.key), "reason": .string($0.reason)] }
        facts["relaxations"] = .array(list)
        let keys = relaxations.map(\.key).joined(separator: ", ")
        journal.note(LogEntry(.notice, "relaxation", "policy \(policy) relaxes \(keys)", facts), call.opened)
    }

    /// Notes that nothing was started, with what its caller is told.
    func noteRefusal(_ refusal: ToolResult, _ call: ToolCall) {
        let cause = refusal.structured["end"]?["cause"]
        let reason = refusal.structured["reason"]?.stringValue ?? "nothing was started"
        journal.note(
            LogEntry(.warning, "refusal", reason, JSONObject(present: ["cause": cause])), call.opened)
    }

    /// Notes the end of a task for the call that started it; a client of a handshake hears of it however it comes.
    func noteEnd(_ view: TaskView, _ pending: PendingCall) {
        guard pending.startsTask, pending.request.version.isModern, view.end != nil else { return }
        journal.note(Self.end(view), pending.request)
    }

    /// The end of a task as the log has it; nil: it can't be read any more.
    func end(of id: String) -> LogEntry? {
        do throws(TaskError) {
            return Self.end(try TaskView(try supervisor.task(id: id)))
        } catch {
            return nil
        }
    }

    private static func end(_ view: TaskView) -> LogEntry {
        let isOrdinary = [.exited, .signaled, .terminated].contains(view.status)
        return LogEntry(
            isOrdinary ? .info : .warning, "end", ToolAnswer.summary(view),
            JSONObject(present: [
                "task_id": .string(view.record.id.text), "status": .string(view.status.word),
                "exit_code": view.end?.exitCode.map { JSON($0) }, "cause": view.end.map { .string($0.cause) },
            ]))
    }
}
