public import Kernel
public import Tasks

/// Why the audit log can't be written or read.
public enum AuditError: ExplainedError {
    /// A system call failed: on which file, and how.
    case system(String, Errno)
    /// Another process has held the lock for seconds.
    case busy(String)
    /// The log does not go on from a line that is known to have been its last one: its path.
    case cut(String)
    /// The task whose end is to be written can't be read.
    case task(TaskError)
    /// The key can't be used: its file, and why.
    case key(String, String, remedy: String)

    /// What happened.
    public var message: String {
        switch self {
        case .system(let path, let errno): "the audit log can't be used: \(path): \(errno)"
        case .busy(let path): "the audit log can't be used: another process holds the lock of \(path)"
        case .cut(let path): "the audit log \(path) does not go on from the last line that the ledger knows"
        case .task(let error): error.message
        case .key(let path, let why, _): "the key of the audit log, \(path), can't be used: \(why)"
        }
    }

    /// What to do next.
    public var remedy: String {
        switch self {
        case .system(_, let errno): errno.isFull ? "free some space: nothing is started that can't be written down" : ""
        case .busy(let path): "see who has it open (fuser \(path)), and let that process go on or end it"
        case .cut: "`caisson audit verify` shows what is missing or was changed"
        case .task(let error): error.remedy
        case .key(_, _, let remedy): remedy
        }
    }
}

extension Errno {
    /// Whether there is no room. Source: write(2).
    fileprivate var isFull: Bool { [28, 122].contains(rawValue) }
}
