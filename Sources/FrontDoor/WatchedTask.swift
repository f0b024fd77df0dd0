internal import Kernel
internal import Records
internal import Spooling
internal import Tasks
internal import ToolProtocol

/// A task of whose changes somebody hears: at most one word a second of its output, and one of its end.
struct WatchedTask {
    private let task: TaskDirectory
    private var news: FollowedTask?
    /// When the task is looked at again, on the monotonic clock: its monitor is not there. Nil: it is told.
    private var nextLook: UInt64?
    private var pause: UInt64 = 10_000_000
    /// What somebody was told of.
    private var told: (stdout: UInt64, stderr: UInt64)
    /// Output may have come of which nobody was told.
    private var isBehind = false
    private var due: UInt64 = 0
    private var end = End.none

    private enum End {
        case none
        case seen
        case told
    }

    /// Nanoseconds between two words of output.
    private static let second: UInt64 = 1_000_000_000

    /// Watches a task from now on; nil: it has ended, and nothing of it changes any more.
    init?(_ task: TaskDirectory, _ followed: FollowedTasks) throws(TaskError) {
        guard try task.end() == nil else { return nil }
        self.task = task
        told = try ToolCalls.streamTotals(task)
        try follow(followed)
    }

    /// The descriptor that becomes readable with the news; -1: there will be none, or they would not be told yet.
    var descriptor: Int32 {
        guard let news, !isBehind, !news.isClosed else { return -1 }
        return news.control.descriptor
    }

    /// When it has to be minded without any news.
    var wakes: UInt64 {
        if end == .seen { return 0 }
        return min(nextLook ?? .max, isBehind ? due : .max)
    }

    /// Whether nothing of it will change any more.
    var isOver: Bool { end == .told && !isBehind }

    /// Takes news, and says what is to be told now.
    mutating func advance(hasNews: Bool, _ now: UInt64, _ followed: FollowedTasks) -> [TaskResource.Part] {
        do throws(TaskError) {
            if hasNews { try hear(followed) }
            if let time = nextLook, time <= now { try follow(followed) }
            return try due(now, followed)
        } catch {
            // It was pruned, or can't be read: whoever reads it now is told why, and there is nothing more to come.
            defer { (end, isBehind, news, nextLook) = (.told, false, nil, nil) }
            return end == .told ? [] : [.status]
        }
    }

    private mutating func hear(_ followed: FollowedTasks) throws(TaskError) {
        switch try news?.reply(in: followed.round) {
        case .progress: isBehind = true
        case .ended: ended()
        case nil: try follow(followed)
        case .started, .done, .refused: break
        }
    }

    private mutating func ended() {
        (end, isBehind, news, nextLook) = (.seen, true, nil, nil)
    }

    /// Waits for what comes beyond what was told; where nobody tells, it is looked at in a while, less and less often.
    private mutating func follow(_ followed: FollowedTasks) throws(TaskError) {
        if try task.end() != nil { return ended() }
        news = try followed.follow(task, beyond: told.stdout + told.stderr)
        nextLook = news == nil ? Clock.monotonic() + pause : nil
        pause = news == nil ? min(2 * pause, Self.second / 2) : 10_000_000
    }

    private mutating func due(_ now: UInt64, _ followed: FollowedTasks) throws(TaskError) -> [TaskResource.Part] {
        var parts: [TaskResource.Part] = []
        if end == .seen {
            parts.append(.status)
            end = .told
        }
        guard isBehind, due <= now else { return parts }
        let totals = try ToolCalls.streamTotals(task)
        if totals.stdout != told.stdout { parts.append(.stdout) }
        if totals.stderr != told.stderr { parts.append(.stderr) }
        (told, isBehind, due) = (totals, false, now + Self.second)
        if end == .none { try follow(followed) }
        return parts
    }
}
