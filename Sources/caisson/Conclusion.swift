import Glibc
import JSON
import Kernel
import Launching
import Records
import Tasks

/// How a task ended, told to whoever waited for it: a sentence, the task view, the exit code.
struct Conclusion {
    private let state: StateDirectory
    private let id: TaskID
    private let wantsJSON: Bool

    private let compiled: CompiledPolicy?

    /// - Parameter compiled: The policy under which it ran, where that is at hand.
    init(_ state: StateDirectory, _ id: TaskID, wantsJSON: Bool, compiled: CompiledPolicy? = nil) {
        (self.state, self.id, self.wantsJSON, self.compiled) = (state, id, wantsJSON, compiled)
    }

    /// Says what the exit code alone does not, and returns it.
    func tell(_ end: EndRecord) throws -> Int32 {
        if wantsJSON {
            let (view, _) = try view()
            Message.write(JSON.object(view.json).text + "\n", to: 2)
        } else if let sentence = EndText.reason(end, try receipt(end)) {
            Message.print("task \(id.text.prefix(8)): \(sentence)", remedy: remedy(end))
        } else if end.exitCode ?? 0 != 0, let sentence = try view().inferred {
            Message.print("\(sentence) (inferred from its output)", remedy: "")
        }
        return EndText.exitCode(end)
    }

    private func view() throws -> (TaskView, inferred: String?) {
        let task = try TaskDirectory(state, id)
        var view = try TaskView(task)
        guard view.reason == nil, let compiled else { return (view, nil) }
        let reason = try KernelRefusal.reason(view, task, compiled)
        (view.reason, view.isInferred) = (reason, reason != nil)
        return (view, reason)
    }

    private func receipt(_ end: EndRecord) throws -> Receipt? {
        end.status == .failedToStart ? try TaskDirectory(state, id).receipt() : nil
    }

    private func remedy(_ end: EndRecord) -> String {
        switch end.status {
        case .failedToStart where end.stage == .execute && end.errno == ENOEXEC:
            "write #!INTERPRETER in the first line of a script, or run the interpreter with the script's name"
        case .failedToStart where end.stage == .execute: ""
        case .failedToStart:
            (StartRemedy.of(end).map { "\($0); " } ?? "")
                + "`caisson doctor` shows what this host can enforce; `caisson inspect \(id.text.prefix(8))` shows the plan"
        case .timedOut: "a policy's author can raise limits.\(end.cause)"
        default: ""
        }
    }
}
