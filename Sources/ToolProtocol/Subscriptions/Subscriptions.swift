/// What the client of a connection hears of without asking again.
struct Subscriptions: Sendable {
    /// A request of 2026-07-28 that stays open for as long as its client wants to hear.
    struct Listening: Sendable {
        let request: OpenRequest
        let filter: SubscriptionFilter
        let resources: Set<TaskResource>
    }

    /// So many resources and open requests at most: each costs memory, and a task's monitor a connection.
    static let limits = (resources: 4096, listenings: 64)

    /// Resources that a client of a handshake subscribed to.
    private(set) var resources: Set<TaskResource> = []
    private var open: [RequestID: Listening] = [:]
    /// Whether a client of a handshake has looked at the list: nobody else has one that can be old.
    var hasListed = false

    /// The open requests, in the order of their ids.
    var listenings: [Listening] { open.values.sorted { $0.request.serial < $1.request.serial } }

    /// So many resources are subscribed to.
    private var count: Int { resources.count + open.values.reduce(0) { $0 + $1.resources.count } }

    /// Whether so many more would be too many.
    func isFull(for more: Int) -> Bool { count + more > Self.limits.resources }

    /// Whether one more open request would be too many.
    var takesNoListening: Bool { open.count >= Self.limits.listenings }

    mutating func add(_ resource: TaskResource) { resources.insert(resource) }

    mutating func remove(_ resource: TaskResource) { resources.remove(resource) }

    mutating func add(_ request: OpenRequest, _ filter: SubscriptionFilter) {
        open[request.id] = Listening(request: request, filter: filter, resources: Set(filter.resources))
    }

    mutating func remove(_ id: RequestID) { open[id] = nil }

    /// The tasks of whose changes somebody hears.
    var tasks: Set<String> {
        open.values.reduce(into: Set(resources.map(\.task))) { tasks, each in
            tasks.formUnion(each.resources.map(\.task))
        }
    }
}
