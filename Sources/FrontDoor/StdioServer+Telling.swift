internal import Tasks
internal import ToolProtocol

/// What a client is told without asking: what happened, and how its tasks stand.
extension StdioServer {
    /// Tells what was noted for calls. A client that does not read is told nothing.
    func tellLog() {
        for item in calls.journal.take() {
            tell(conversation.notice(of: item.entry, for: item.request))
            guard let task = item.started, !item.request.version.isModern else { continue }
            conversation.logEnd(of: task)
            follow(task)
        }
    }

    /// Hears how a task stands from now on, for the client that started it; one that has ended before is told of now.
    func follow(_ task: String) {
        do throws(TaskError) {
            guard try watch.follow(task), !watch.follows(task) else { return }
            tellEnd(of: task)
        } catch {
            // It can't be read; whoever asks for it is told why.
            return
        }
    }

    /// Tells of the end of a task whoever wants to hear of it.
    func tellEnd(of task: String) {
        if conversation.logsEnd(of: task), let entry = calls.end(of: task) { tell(conversation.notice(of: entry)) }
        tellStatus(of: task)
        conversation.forget(task)
    }

    /// Tells of the end of a task before an answer that shows it, so that nothing comes after that: a client may leave then, and
    /// the official one of 2025-11-25 fails on what it is told while it leaves.
    func tellEndFirst(of task: String) {
        guard conversation.awaitsEnd(of: task), let (shown, _) = calls.status(of: task, for: nil), !shown.isWorking
        else { return }
        tellEnd(of: task)
    }

    /// Tells how a task of the protocol stands.
    ///
    /// - Parameter request: Only the request that listens; nil: everybody.
    func tellStatus(of task: String, for request: OpenRequest? = nil) {
        guard conversation.hearsOfStatus(of: task) else { return }
        let listener = request ?? conversation.listener(to: task)
        guard let (shown, result) = calls.status(of: task, for: listener) else { return }
        for notice in conversation.statusNotices(of: shown, result: result, for: request) { tell(notice) }
    }

    private func tell(_ notice: Notification?) {
        guard let notice, !writer.isFull else { return }
        writer.add(notice.line)
    }
}
