import Glibc
import Kernel
import Policy
import Records
import Tasks

/// `caisson stop`: asks tasks to end, and sees to it that they do.
struct StopCommand {
    private let options: Options

    init(_ arguments: [String]) throws {
        options = try Options(arguments, valued: ["grace", "signal", "state"], flags: ["json"])
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            Message.help(Help.stop, to: 1)
            return 0
        }
        guard !options.rest.isEmpty else {
            throw UsageError("`stop` needs a task", "`caisson ps` lists those that run")
        }
        let name = options.value("signal") ?? "TERM"
        guard let signal = Signals.number(name) else {
            throw UsageError("--signal \(VisibleText.quoted(name)) is no signal", "name one such as TERM, INT or KILL")
        }
        let grace = try options.duration("grace")
        let frontEnd = try FrontEnd(options)
        let request = ControlRequest.terminate(signal: signal, grace: grace, cause: "stop", by: "cli:\(Host.user)")
        var code: Int32 = 0
        for name in options.rest {
            if try !stop(try frontEnd.state.task(name), request, frontEnd) { code = 1 }
        }
        return code
    }

    private func stop(_ task: TaskDirectory, _ request: ControlRequest, _ frontEnd: FrontEnd) throws -> Bool {
        let (short, trail) = (task.id.text.prefix(8), AuditTrail(frontEnd.state))
        if let end = try task.end() {
            trail.ended(task, end)
            Message.print("task \(short) had ended already (\(end.status.word))", remedy: "")
            return true
        }
        trail.act("stop", by: "cli:\(Host.user)", task.id)
        if let control = try TaskControl(task) { _ = try control.send(request) }
        guard let end = try TaskWait.end(of: task) else { return false }
        trail.ended(task, end)
        if options.has("json") { return try Conclusion(frontEnd.state, task.id, wantsJSON: true).tell(end) >= 0 }
        let killed = end.proof?.killed.map { ", \($0) more process\($0 == 1 ? " was" : "es were") killed" } ?? ""
        Message.help("\(task.id) \(end.status.word)\(killed)", to: 1)
        return true
    }
}
