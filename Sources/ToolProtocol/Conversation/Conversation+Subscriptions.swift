internal import JSON

/// The methods for subscriptions.
enum SubscriptionMethod: String {
    case subscribe = "resources/subscribe"
    case unsubscribe = "resources/unsubscribe"
    case listen = "subscriptions/listen"

    /// Whether the version has it.
    func exists(in version: ProtocolVersion) -> Bool { (self == .listen) == version.isModern }
}

extension Conversation {
    /// What a method for subscriptions changes; nil: the version has no such method.
    func subscriptionChange(
        _ request: Request, _ meta: RequestMeta, _ version: ProtocolVersion
    ) throws(ProtocolError) -> SubscriptionRequest.Change? {
        guard let method = SubscriptionMethod(rawValue: request.method), method.exists(in: version) else { return nil }
        if method == .listen {
            let filter = try SubscriptionFilter(request.params)
            if !filter.tasks.isEmpty, !meta.client.hasTasks { throw .missingTasks }
            return .listen(filter)
        }
        guard let uri = request.params["uri"]?.stringValue else { throw .invalidParams("\"uri\" must be a string") }
        guard let (resource, offset) = TaskResource.read(uri), offset == 0 else { throw .unknownResource(uri, version) }
        return method == .subscribe ? .subscribe(resource) : .unsubscribe(resource)
    }

    // MARK: beginning and end

    /// Subscribes the client of a handshake to a resource that there is, and closes its request.
    public mutating func subscribe(_ request: OpenRequest, to resource: TaskResource) -> Response? {
        guard !subscriptions.isFull(for: 1) else { return fail(request, with: .tooManySubscriptions) }
        subscriptions.add(resource)
        return finish(request, with: JSONObject())
    }

    /// Ends that, whether there was any.
    public mutating func unsubscribe(_ request: OpenRequest, from resource: TaskResource) -> Response? {
        subscriptions.remove(resource)
        return finish(request, with: JSONObject())
    }

    /// Begins to tell the client of 2026-07-28 what was agreed on; the request stays open.
    ///
    /// - Returns: What has to be sent first, or why nothing was begun; nil: it was cancelled.
    public mutating func listen(_ request: OpenRequest, _ accepted: SubscriptionFilter) -> Outgoing? {
        guard !subscriptions.takesNoListening,
            !subscriptions.isFull(for: accepted.resources.count + accepted.tasks.count)
        else {
            return fail(request, with: .tooManySubscriptions).map(Outgoing.response)
        }
        guard isOpen(request) else { return nil }
        subscriptions.add(request, accepted)
        return .notification(
            Self.notice("subscriptions/acknowledged", ["notifications": accepted.json], for: request))
    }

    /// Ends all open requests that listen, as a server does that ends.
    ///
    /// - Returns: Their answers.
    public mutating func endListening() -> [Response] {
        subscriptions.listenings.compactMap { each in
            subscriptions.remove(each.request.id)
            guard close(each.request) else { return nil }
            var members = server.result([:], for: each.request.version)
            var meta = members["_meta"]?.objectValue ?? [:]
            meta[Self.subscriptionID] = each.request.id.json
            members["_meta"] = .object(meta)
            return Response(id: each.request.id, .result(members))
        }
    }

    // MARK: telling

    /// The tasks of whose changes somebody hears.
    public var followedTasks: Set<String> { subscriptions.tasks }

    /// Whether somebody hears of tasks that come and go.
    public var hearsOfList: Bool {
        subscriptions.hasListed || subscriptions.listenings.contains { $0.filter.includesList }
    }

    /// What tells everybody who hears of a resource that it changed.
    public func notices(of resource: TaskResource) -> [Notification] {
        let params: JSONObject = ["uri": .string(resource.uri)]
        let method = "resources/updated"
        let plain = subscriptions.resources.contains(resource) ? [Self.notice(method, params)] : []
        return plain
            + subscriptions.listenings.filter { $0.resources.contains(resource) }
            .map { Self.notice(method, params, for: $0.request) }
    }

    /// What tells everybody who hears of it that the list of resources changed.
    public var noticesOfList: [Notification] {
        let method = "resources/list_changed"
        return (subscriptions.hasListed ? [Self.notice(method)] : [])
            + subscriptions.listenings.filter(\.filter.includesList).map { Self.notice(method, for: $0.request) }
    }

    private static let subscriptionID = "io.modelcontextprotocol/subscriptionId"

    /// A notification, of an open request that listens with its id.
    static func notice(_ method: String, _ params: JSONObject = [:], for request: OpenRequest? = nil) -> Notification {
        let meta: JSON? = request.map { [subscriptionID: $0.id.json] }
        return Notification(method: "notifications/\(method)", params: params.with(meta, for: "_meta"))
    }
}

extension ProtocolError {
    static let tooManySubscriptions = ProtocolError(
        .internalError,
        "there are too many subscriptions on this connection: it has \(Subscriptions.limits.resources) for resources and "
            + "\(Subscriptions.limits.listenings) open requests")
}
