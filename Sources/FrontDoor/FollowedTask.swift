internal import Records
internal import Tasks

/// A connection to a task's monitor on which calls wait for news.
final class FollowedTask {
    let control: TaskControl
    /// The monitor tells of output beyond so many bytes, once; nil: it has told.
    private var asked: UInt64?
    private var heard: (round: UInt64, reply: ControlReply?)?
    private(set) var isClosed = false

    init(_ control: consuming TaskControl) {
        self.control = control
    }

    /// Asks to be told of more output than was seen, or of the end; false: the monitor is gone.
    func follow(beyond bytes: UInt64) throws(TaskError) -> Bool {
        if let asked, asked <= bytes, !isClosed { return true }
        guard !isClosed, try control.send(.follow(bytes: bytes)) else {
            isClosed = true
            return false
        }
        asked = bytes
        return true
    }

    /// What the monitor has said, the same for all who ask in one round; nil: it closed the connection.
    func reply(in round: UInt64) throws(TaskError) -> ControlReply? {
        if let heard, heard.round == round { return heard.reply }
        let reply = try control.reply(timeout: 0)
        heard = (round, reply)
        switch reply {
        case nil, .ended: isClosed = true
        case .progress: asked = nil
        case .started, .done, .refused: break
        }
        return reply
    }
}

/// The tasks that calls wait for: one connection to each, however many calls there are, because a monitor takes 64.
final class FollowedTasks {
    private struct Place {
        weak var task: FollowedTask?
    }

    private var places: [TaskID: Place] = [:]
    /// Counts how often it was looked for news: what is heard on a connection is for everybody who waits on it.
    private(set) var round: UInt64 = 0

    /// Begins to look for news.
    func nextRound() { round += 1 }

    /// A connection on which the monitor tells of more output than was seen, or of the end; nil: there is none to be had.
    func follow(_ task: TaskDirectory, beyond totals: UInt64) throws(TaskError) -> FollowedTask? {
        if let known = places[task.id]?.task, try known.follow(beyond: totals) { return known }
        guard let control = try TaskControl(task) else { return nil }
        let followed = FollowedTask(control)
        guard try followed.follow(beyond: totals) else { return nil }
        if places.count >= 1024 { places = places.filter { $0.value.task != nil } }
        places[task.id] = Place(task: followed)
        return followed
    }
}
