/// Which task is meant.
public enum TaskReference: Sendable, Equatable {
    /// The one of this id; whether the text can be an id is the ledger's decision.
    case id(String)
    /// The one whose main process has, or had last, this process id; 1 to 4194304 (proc(5), pid_max).
    case pid(Int32)

    static let pids: ClosedRange<Int64> = 1...4_194_304

    /// Reads `task_id` or `pid`.
    init(_ arguments: ToolArguments) throws(ArgumentError) {
        try arguments.requireOne(of: "task_id", "pid")
        if let id = try arguments.string("task_id") {
            self = .id(id)
        } else if let pid = try arguments.integer("pid", in: Self.pids) {
            self = .pid(Int32(pid))
        } else {
            throw .noneOf(["task_id", "pid"])
        }
    }
}
