internal import JSON
internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Records
internal import Spooling
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// What tools answer: everything in the structured part, because some clients show a model nothing else, and the same facts
/// as text.
enum ToolAnswer {
    // MARK: tasks

    /// The answer about one task.
    ///
    /// - Parameter failsWithTask: Whether a task that failed makes the call one that failed.
    static func task(_ view: TaskView, failsWithTask: Bool) -> ToolResult {
        var view = view
        view.next = next(view)
        var text = summary(view)
        if let said = view.output?.text, !said.isEmpty { text += "\n" + said }
        if let next = view.next { text += (text.hasSuffix("\n") ? "" : "\n") + "[\(next)]" }
        return ToolResult(view.json, texts: [text], isError: failsWithTask && hasFailed(view))
    }

    /// The answer to input for a task.
    static func input(_ view: TaskView, given: Int, taken: Int) -> ToolResult {
        let answer = task(view, failsWithTask: false)
        guard taken < given else { return answer }
        let sentence =
            "\(taken) of \(given) bytes were taken: the task does not read its input at the moment, and no more waits for it; "
            + "send the rest, from byte \(taken) on, when it does"
        var object = answer.structured
        object[taken == 0 ? "reason" : "next"] = .string(sentence)
        return ToolResult(object, texts: ["[\(sentence)]"] + answer.texts, isError: taken == 0)
    }

    /// Whether the task that a view shows failed.
    static func hasFailed(_ view: TaskView) -> Bool {
        switch view.status {
        case .running: false
        case .exited: view.end?.exitCode != 0
        default: true
        }
    }

    /// How a task stands, in a sentence.
    static func summary(_ view: TaskView) -> String {
        let time = TimeText.duration(view.runtime / 1_000_000)
        let id = view.record.id
        let facts: String =
            switch view.status {
            case .running: "task \(id) is running\(view.pid.map { " (pid \($0))" } ?? ""), \(time) so far"
            case .exited: "task \(id) exited with code \(view.end?.exitCode ?? -1) after \(time)"
            case .failedToStart: "task \(id) was not started"
            default: "task \(id) ended after \(time): \(view.status.word)"
            }
        return view.reason.map { "\(facts): \($0)\(view.isInferred ? " (inferred)" : "")" } ?? facts
    }

    /// What a model should do next, in terms of the tools that it has.
    private static func next(_ view: TaskView) -> String? {
        let id = view.record.id.text
        if let output = view.output, output.more {
            let offset = output.slice.nextOffset
            let left = output.slice.totalBytes - min(offset, output.slice.totalBytes)
            let tail = view.end == nil ? "" : ", or with tail for its last lines"
            return
                "there is more output, \(left) bytes: call read_output with task_id \"\(id)\" and offset \(offset)\(tail)"
        }
        guard view.status == .running else { return nil }
        let typing = view.record.inputStaysOpen ? ", write_input to write to its input" : ""
        return
            "still running: call read_output with task_id \"\(id)\" and timeout_ms to wait for more\(typing), or force_terminate to end it"
    }

    /// A page of tasks, and those that can't be listed.
    static func sessions(_ views: [TaskView], next: String?, _ damaged: [DamagedTask]) -> ToolResult {
        let list = JSON.array(views.map { .object($0.json) })
        let left = damaged.map {
            JSON.object(["task_id": .string($0.id.text), "reason": .string($0.error.description)])
        }
        let object = JSONObject(present: [
            "sessions": list, "next_cursor": next.map(JSON.string), "damaged": left.isEmpty ? nil : .array(left),
        ])
        var lines = views.map { view in
            "\(view.record.id) \(view.status.word), \(TimeText.duration(view.runtime / 1_000_000)): "
                + OutputText.visible(Array(view.record.arguments.joined(separator: " ").utf8).prefix(200).map(\.self))
        }
        if lines.isEmpty { lines = ["no tasks"] }
        lines += damaged.map { "[task \($0.id) can't be listed: \($0.error)]" }
        if let next { lines.append("[more: call list_sessions with cursor \"\(next)\"]") }
        return ToolResult(object, texts: [lines.joined(separator: "\n")])
    }

    // MARK: refusals

    /// A task that was not started.
    static func refusal(_ problem: PolicyProblem, argv: [String]) -> ToolResult {
        switch problem {
        case .files(let errors):
            return refusal(LaunchError(.failed, "policy", "the policy can't be used: \(errors)"), argv)
        case .host(let error): return refusal(error, argv)
        }
    }

    private static func refusal(_ error: LaunchError, _ argv: [String]) -> ToolResult {
        var object = error.json(arguments: argv)
        var text = error.kind == .failed ? error.description : "refused: \(error.description)"
        if error.decision != nil {
            let next = "call explain_policy to see what is allowed"
            object["next"] = .string(next)
            text += "\n[\(next)]"
        }
        return ToolResult(object, texts: [text], isError: true)
    }

    /// A task that can't be found or asked.
    static func failure(_ error: TaskError) -> ToolResult {
        let sentence = error.description
        return ToolResult(["reason": .string(sentence)], texts: [sentence], isError: true)
    }

    // MARK: explanations

    /// What the policy says of a command.
    static func explanation(_ explanation: Explanation) -> ToolResult {
        ToolResult(ExplanationText.json(explanation), texts: [ExplanationText.text(explanation)])
    }
}
