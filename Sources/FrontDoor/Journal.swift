internal import ToolProtocol

/// What happened and was not told yet to whoever wants to find it in the log.
final class Journal {
    /// Something that happened for a request.
    struct Item {
        let entry: LogEntry
        let request: OpenRequest
        /// The task that it is the start of; nil: it is of none.
        var started: String?
    }

    private var items: [Item] = []

    /// Adds something, if its client wants to hear of it.
    func note(_ entry: LogEntry, _ request: OpenRequest, started: String? = nil) {
        guard request.hears(of: entry.level) else { return }
        items.append(Item(entry: entry, request: request, started: started))
    }

    /// Gives what was added, in its order, and forgets it.
    func take() -> [Item] {
        defer { items = [] }
        return items
    }
}
