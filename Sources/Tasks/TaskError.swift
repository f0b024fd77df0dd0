public import Kernel
internal import Policy

/// An error that people read: what happened, and what to do next.
public protocol ExplainedError: Error, CustomStringConvertible {
    /// What happened and why, in a sentence without a full stop.
    var message: String { get }
    /// What to do next, in a sentence without a full stop; empty where there is nothing to do.
    var remedy: String { get }
}

extension ExplainedError {
    /// Message and remedy in one line.
    public var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}

/// What can go wrong with tasks of a state directory.
public enum TaskError: ExplainedError, Equatable {
    /// The state directory can't be used: its path, and why.
    case stateDirectory(String, String, remedy: String)
    /// There is no task of this name.
    case unknownTask(String)
    /// Several tasks begin with this text: the text, and how many.
    case ambiguous(String, Int)
    /// A task's record can't be read: which file, and why.
    case unreadable(TaskFile, String)
    /// The task's monitor refused a request.
    case refused(String)
    /// The task is over, and the request needs a running one.
    case notRunning
    /// A system call failed: on what, and how.
    case system(String, Errno)

    /// What happened.
    public var message: String {
        switch self {
        case .stateDirectory(let path, let why, _): "the state directory \(path) can't be used: \(why)"
        case .unknownTask(let name): "there is no task \(VisibleText.bounded(name))"
        case .ambiguous(let name, let count): "\(count) tasks begin with \(VisibleText.bounded(name))"
        case .unreadable(let file, let why): "the task's \(file.rawValue) can't be read: \(why)"
        case .refused(let reason): reason
        case .notRunning: "the task has ended"
        case .system(let subject, let errno): "\(subject): \(errno)"
        }
    }

    /// What to do next.
    public var remedy: String {
        switch self {
        case .stateDirectory(_, _, let remedy): remedy
        case .unknownTask:
            "list the tasks there are (`caisson ps --all`, `list_sessions`); ended ones are kept for a while"
        case .ambiguous: "write more of its digits"
        case .unreadable: "the task itself is not affected; remove it with `caisson prune` if it has ended"
        case .refused, .notRunning, .system: ""
        }
    }
}

/// The files of a task's directory.
public enum TaskFile: String, Sendable {
    /// What was known before it started; its lock is held by the monitor.
    case record
    /// The plan as it was handed to the airlock.
    case plan
    /// What the monitor read from outside.
    case receipt
    /// How it ended.
    case end
    /// The same before it has its name: zeros while the task runs.
    case unnamedEnd = "end.new"
    /// Its end is in the audit log.
    case audited
    /// Its end is being written to the audit log: where.
    case auditing = "audited.new"
    /// The names that its policy's patterns stand for and that were not there at the launch, as they were when its end was audited;
    /// it is missing if there were none.
    case matches
}

/// Runs a system call and names its subject in the failure.
func on<Result: ~Copyable>(_ subject: String, _ body: () throws(Errno) -> Result) throws(TaskError) -> Result {
    do {
        return try body()
    } catch {
        throw .system(subject, error)
    }
}
