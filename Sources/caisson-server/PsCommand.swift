import ArgumentParser
import JSON
import Kernel
import PolicyCompiling
import Records
import Supervision
import Tasks

/// `caisson ps`: lists tasks, whoever started them.
struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List tasks of this state directory.",
        discussion: """
            examples:
              caisson ps
              caisson ps --all --json
            """)

    @OptionGroup var stateOption: StateOption
    @Flag(help: "Ended tasks too.") var all = false
    @Flag(help: "Task views, one a line.") var json = false

    func run() throws {
        do {
            let tasks = try TaskCollection(try Surroundings(stateOption).state)
            var cursor: String?
            if !json { Output.line(Self.row(["ID", "STATUS", "TIME", "PID", "POLICY", "COMMAND"])) }
            repeat {
                let page = try tasks.page(status: all ? nil : .running, cursor: cursor, limit: 1000)
                for view in page.views { Output.line(json ? JSON.object(view.json).text : Self.row(cells(view))) }
                cursor = page.next
            } while cursor != nil
            for task in tasks.damaged { Output.error("task \(task.id) can't be listed: \(task.error)") }
            if let failure = tasks.auditFailure { Output.error(failure.description) }
        } catch {
            throw Output.failure(error)
        }
    }

    private func cells(_ view: TaskView) -> [String] {
        let command = OutputText.visible(Array(view.record.arguments.joined(separator: " ").utf8))
        let status = view.end?.exitCode.map { "\(view.status.word) \($0)" } ?? view.status.word
        return [
            String(view.record.id.text.prefix(12)), status, TimeText.duration(view.runtime / 1_000_000),
            view.status == .running ? view.pid.map { "\($0)" } ?? "-" : "-", view.record.policy,
            command.count > 60 ? command.prefix(57) + "..." : command,
        ]
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, [13, 16, 12, 8, 10, 0]).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }.joined(separator: " ")
    }
}
