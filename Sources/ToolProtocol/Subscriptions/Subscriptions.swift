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
    /// Tasks that a client of 2025-11-25 started as tasks of the protocol, and that run.
    private(set) var started: Set<String> = []
    /// Tasks of whose ends a client of a handshake wants to find a line in the log.
    private(set) var logged: Set<String> = []
    private var open: [RequestID: Listening] = [:]
    /// Whether a client of a handshake has looked at the list: nobody else has one that can be old.
    var hasListed = false

    /// The open requests, in the order in which they came.
    var listenings: [Listening] { open.values.sorted { $0.request.serial < $1.request.serial } }

    /// So many resources are subscribed to.
    private var count: Int {
        resources.count + open.values.reduce(0) { $0 + $1.resources.count + $1.filter.tasks.count }
    }

    /// Whether so many more would be too many.
    func isFull(for more: Int) -> Bool { count + more > Self.limits.resources }

    /// Whether one more open request would be too many.
    var takesNoListening: Bool { open.count >= Self.limits.listenings }

    mutating func add(_ resource: TaskResource) { resources.insert(resource) }

    mutating func remove(_ resource: TaskResource) { resources.remove(resource) }

    mutating func add(_ request: OpenRequest, _ filter: SubscriptionFilter) {
        open[request.id] = Listening(request: request, filter: filter, resources: Set(filter.resources))
    }

    /// Of what is beyond the limit nothing is told, which the protocol allows.
    mutating func start(_ task: String) { if started.count < Self.limits.resources { started.insert(task) } }

    mutating func log(_ task: String) { if logged.count < Self.limits.resources { logged.insert(task) } }

    /// Of a task that has ended there is nothing more to tell.
    mutating func forget(_ task: String) {
        started.remove(task)
        logged.remove(task)
    }

    mutating func remove(_ id: RequestID) { open[id] = nil }

    /// The tasks of whose changes somebody hears.
    var tasks: Set<String> {
        open.values.reduce(into: started.union(logged).union(resources.map(\.task))) { tasks, each in
            tasks.formUnion(each.resources.map(\.task))
            tasks.formUnion(each.filter.tasks)
        }
    }
}
