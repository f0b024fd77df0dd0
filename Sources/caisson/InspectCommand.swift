import JSON
import Kernel
import Records
import Tasks

/// `caisson inspect`: everything that is known of a task, with the receipt.
struct InspectCommand {
    private let options: Options

    init(_ arguments: [String]) throws {
        options = try Options(arguments, valued: ["state"], flags: ["json"])
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            Message.help(Help.inspect, to: 1)
            return 0
        }
        guard options.rest.count == 1, let name = options.rest.first else {
            throw UsageError("`inspect` needs one task", "`caisson ps --all` lists them")
        }
        let state = try FrontEnd(options).state
        let task = try state.task(name)
        if let end = try task.end() { AuditTrail(state).ended(task, end) }
        let inspection = try Inspection(task)
        Message.help(options.has("json") ? JSON.object(inspection.json).text : inspection.text, to: 1)
        return 0
    }
}
