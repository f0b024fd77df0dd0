internal import Glibc
internal import Kernel
internal import Records
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// What the subscriptions of a connection wait for: news of tasks, and of the list of them.
final class SubscriptionWatch {
    /// Something that changed.
    enum Change {
        case resource(TaskResource)
        case list
    }

    /// So many resources of one request are looked up at most.
    static let limit = 4096

    private let supervisor: Supervisor
    private let followed: FollowedTasks
    private var tasks: [TaskID: WatchedTask] = [:]
    private var list: TaskChanges?
    /// Tasks came or went of which nobody was told.
    private var isListBehind = false
    private var listDue: UInt64 = 0
    /// Where the descriptors are in the round's poll.
    private var isTold = true
    private var places: (list: Int, tasks: [(id: TaskID, place: Int)]) = (0, [])

    /// Nanoseconds between two words of the list.
    private static let second: UInt64 = 1_000_000_000

    init(_ supervisor: Supervisor, _ followed: FollowedTasks) {
        (self.supervisor, self.followed) = (supervisor, followed)
    }

    /// Hears of a task from now on; whether there is one.
    func follow(_ task: String) throws(TaskError) -> Bool {
        do throws(TaskError) {
            guard TaskID(task) != nil else { return false }
            let task = try supervisor.task(id: task)
            if tasks[task.id] == nil { tasks[task.id] = try WatchedTask(task, followed) }
            return true
        } catch {
            guard case .unknownTask = error else { throw error }
            return false
        }
    }

    /// Whether anything of a task can still change that is heard of.
    func follows(_ task: String) -> Bool { TaskID(task).map { tasks[$0] != nil } ?? false }

    /// Hears of the list of tasks, or not.
    func followList(_ isWanted: Bool) throws(TaskError) {
        guard isWanted else { return list = nil }
        if list == nil { list = try TaskChanges(supervisor.state, running: try supervisor.tasks.running()) }
    }

    /// Hears only of these tasks from now on.
    func keep(_ wanted: Set<String>) {
        tasks = tasks.filter { wanted.contains($0.key.text) }
    }

    /// Adds everything that becomes readable with news.
    ///
    /// - Parameter isTold: Whether the client takes news; if not, they stay where they are.
    func wait(in poll: inout Poll, isTold: Bool) {
        self.isTold = isTold
        places.list = poll.add(isListBehind || !isTold ? -1 : list?.descriptor ?? -1, Int32(POLLIN))
        places.tasks = tasks.map { ($0.key, poll.add(isTold ? $0.value.descriptor : -1, Int32(POLLIN))) }
    }

    /// When it has to be minded without any news.
    var wakes: UInt64 {
        isTold ? min(isListBehind ? listDue : .max, tasks.values.lazy.map(\.wakes).min() ?? .max) : .max
    }

    /// Takes the round's news, and says what is to be told.
    func changes(_ poll: Poll, _ now: UInt64) throws(TaskError) -> [Change] {
        guard isTold else { return [] }
        var changes: [Change] = []
        for (id, place) in places.tasks {
            let hasNews = poll.events(place) != 0
            guard hasNews || tasks[id].map({ $0.wakes <= now }) ?? false else { continue }
            let parts = tasks[id]?.advance(hasNews: hasNews, now, followed) ?? []
            changes += parts.map { .resource(TaskResource(task: id.text, $0)) }
            if tasks[id]?.isOver ?? false { tasks[id] = nil }
        }
        if poll.events(places.list) != 0, try list?.hasChanged() ?? false { isListBehind = true }
        guard isListBehind, listDue <= now else { return changes }
        (isListBehind, listDue) = (false, now + Self.second)
        return changes + [.list]
    }
}
