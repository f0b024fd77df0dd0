import JSON
import Kernel
import Records
import Tasks

/// How a task ended, told to whoever waited for it: a sentence, the task view, the exit code.
struct Conclusion {
    private let state: StateDirectory
    private let id: TaskID
    private let wantsJSON: Bool

    init(_ state: StateDirectory, _ id: TaskID, wantsJSON: Bool) {
        (self.state, self.id, self.wantsJSON) = (state, id, wantsJSON)
    }

    /// Says what the exit code alone does not, and returns it.
    func tell(_ end: EndRecord) throws -> Int32 {
        if wantsJSON {
            let view = try TaskView(TaskDirectory(state, id))
            Message.write(JSON.object(view.json).text + "\n", to: 2)
        } else if let sentence = EndText.reason(end, try receipt(end)) {
            Message.print("task \(id.text.prefix(8)): \(sentence)", remedy: remedy(end))
        }
        return EndText.exitCode(end)
    }

    private func receipt(_ end: EndRecord) throws -> Receipt? {
        end.status == .failedToStart ? try TaskDirectory(state, id).receipt() : nil
    }

    private func remedy(_ end: EndRecord) -> String {
        switch end.status {
        case .failedToStart:
            "`caisson doctor` shows what this host can enforce; `caisson inspect \(id.text.prefix(8))` shows the plan"
        case .timedOut: "a policy's author can raise limits.\(end.cause)"
        default: ""
        }
    }
}
