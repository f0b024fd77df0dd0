import Kernel
import Records
import Tasks

/// `caisson wait`: waits for tasks and exits as the last of them did.
struct WaitCommand {
    private let options: Options

    init(_ arguments: [String]) throws {
        options = try Options(arguments, valued: ["timeout", "state"], flags: ["json"])
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            Message.help(Help.wait, to: 1)
            return 0
        }
        guard !options.rest.isEmpty else {
            throw UsageError("`wait` needs a task", "`caisson ps` lists those that run")
        }
        let deadline = try options.duration("timeout").map { Clock.monotonic() + $0 }
        let frontEnd = try FrontEnd(options)
        var code: Int32 = 0
        for name in options.rest {
            let task = try frontEnd.state.task(name)
            guard let end = try TaskWait.end(of: task, deadline: deadline) else {
                Message.print(
                    "task \(task.id.text.prefix(8)) still runs",
                    remedy: "`caisson logs --follow \(task.id.text.prefix(8))` shows what it does")
                return 124
            }
            AuditTrail(frontEnd.state).ended(task, end)
            code = try Conclusion(frontEnd.state, task.id, wantsJSON: options.has("json")).tell(end)
        }
        return code
    }
}
