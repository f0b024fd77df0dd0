import ArgumentParser
import JSON
import PolicyCompiling
import Records
import Supervision
import Tasks

/// `caisson prune`: removes what is kept of ended tasks.
struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove ended tasks that have been kept long enough.",
        discussion: """
            Each ended task is kept for as long as retention.ended of its policy says, and the oldest go first where all \
            ended tasks together take more than its retention.disk. Running tasks are never removed.

            examples:
              caisson prune --dry-run
              caisson prune --older-than 10min
            """)

    @OptionGroup var stateOption: StateOption
    @Option(help: "Since the end, such as 10min (default: what each task's policy says).") var olderThan: String?

    @Flag(help: "Say what would go, and remove nothing.") var dryRun = false
    @Flag(help: "With --dry-run: one object a line.") var json = false

    func validate() throws {
        guard dryRun || !json else { throw ValidationError("--json needs --dry-run") }
    }

    func run() throws {
        do {
            let age = try olderThan.map { try PruneAge($0).nanoseconds }
            let state = try Surroundings(stateOption).state
            let tasks = try TaskCollection(state, prunes: false)
            guard !dryRun else { return show(try tasks.prunable(olderThan: age)) }
            let count = try tasks.prune(olderThan: age)
            Output.line("removed \(count) task\(count == 1 ? "" : "s")")
            for task in tasks.damaged { Output.error("task \(task.id) is left: \(task.error)") }
            if let failure = tasks.auditFailure { Output.error(failure.description) }
            for problem in tasks.leftovers { Output.error("\(problem)") }
            let layers = try UnusedLayers.remove(state)
            if layers > 0 {
                Output.line("removed \(layers) layer\(layers == 1 ? "" : "s") of policies as they were before")
            }
        } catch {
            throw Output.failure(error)
        }
    }

    private func show(_ tasks: [PrunableTask]) {
        tasks.forEach(show)
        if tasks.isEmpty, !json { Output.line("nothing would be removed") }
    }

    private func show(_ task: PrunableTask) {
        let ended = TimeText.timestamp(task.endedAt)
        guard json else {
            let size = task.bytes.map { "\(($0 + 1023) / 1024) KiB" } ?? "-"
            return Output.line("\(task.id)  ended \(ended)  \(size)  \(task.cause.rawValue)")
        }
        let object: JSONObject = [
            "task_id": .string(task.id.text), "ended_at": .string(ended),
            "bytes": task.bytes.map { JSON($0) } ?? .null, "because": .string(task.cause.rawValue),
        ]
        Output.line(JSON.object(object).text)
    }
}
