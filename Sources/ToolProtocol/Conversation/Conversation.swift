public import JSON

/// One connection: what was agreed on, and which calls are open. It does no I/O; it says what is to be done.
///
/// Both eras may be mixed: a request that carries its version stands for itself, any other is served as `initialize`
/// agreed on (MCP 2026-07-28, "Backward Compatibility with Initialization-Based Versions").
public struct Conversation: Sendable {
    /// What the server says of itself.
    public let server: ServerDescription
    /// The version that `initialize` agreed on.
    public private(set) var negotiated: ProtocolVersion?
    /// What the client of the handshake can do.
    private var features = ClientFeatures()
    /// What it called itself.
    private var client: String?
    /// What the client of the handshake wants to find in the log; nil: nothing.
    private(set) var logLevel: LogLevel?
    /// What the client hears of without asking again.
    var subscriptions = Subscriptions()
    private var open: [RequestID: Opened] = [:]
    private var serial = 0
    /// What the client was asked and has not answered.
    var questions: Questions = [:]
    var questionSerial = 0

    /// What is kept of a request that is open.
    private struct Opened {
        let serial: Int
        /// The last progress that the client was told of.
        var progress: UInt64?
    }

    /// A connection on which nothing was said.
    public init(server: ServerDescription) {
        self.server = server
    }

    /// Takes a line from the client, with or without its line break.
    public mutating func receive(line: [UInt8]) -> Action {
        do throws(MalformedMessage) {
            return receive(try Message(line: line))
        } catch {
            return .answer(error.response)
        }
    }

    /// Takes a message from the client.
    public mutating func receive(_ message: Message) -> Action {
        switch message {
        case .request(let request): receive(request)
        case .notification(let notification): receive(notification)
        case .response(let response): receive(response)
        }
    }

    /// Closes a call.
    ///
    /// - Returns: the answer to send; nil if the call was cancelled, and then nothing may be sent for it.
    public mutating func finish(_ call: ToolCall, with result: ToolResult) -> Response? {
        finish(call.opened, with: result)
    }

    /// Closes a request with what a tool answers.
    ///
    /// - Parameter task: The task whose result it is, where the request asked for that.
    /// - Returns: as ``finish(_:with:)-(ToolCall,_)``.
    public mutating func finish(
        _ request: OpenRequest, with result: ToolResult, relatedTo task: String? = nil
    ) -> Response? {
        var members = result.members(for: request.version)
        if let task { members["_meta"] = ["io.modelcontextprotocol/related-task": ["taskId": .string(task)]] }
        return finish(request, with: members)
    }

    /// Closes a request with the members of its result.
    ///
    /// - Returns: as ``finish(_:with:)-(ToolCall,_)``.
    public mutating func finish(_ request: OpenRequest, with members: JSONObject) -> Response? {
        guard close(request) else { return nil }
        return Response(id: request.id, .result(server.result(members, for: request.version)))
    }

    /// Closes a call for which the server could not do its part.
    ///
    /// - Returns: as ``finish(_:with:)``.
    public mutating func fail(_ request: OpenRequest, with error: ProtocolError) -> Response? {
        close(request) ? Response(id: request.id, .error(error)) : nil
    }

    /// Whether the request was still open.
    mutating func close(_ request: OpenRequest) -> Bool {
        guard isOpen(request) else { return false }
        open[request.id] = nil
        return true
    }

    /// Whether nobody closed the request or cancelled it.
    func isOpen(_ request: OpenRequest) -> Bool { open[request.id]?.serial == request.serial }

    /// What tells the client of a request how far it is.
    ///
    /// - Parameters:
    ///   - progress: Bytes of output so far.
    ///   - message: The last line of it, one that can be shown; nil: there is none.
    /// - Returns: nil if the request is closed, if its client did not ask, or if nothing came since: progress must increase.
    public mutating func progress(_ request: OpenRequest, _ progress: UInt64, message: String?) -> Notification? {
        guard let token = request.progressToken, let opened = open[request.id], opened.serial == request.serial else {
            return nil
        }
        guard progress > opened.progress ?? 0 else { return nil }
        open[request.id]?.progress = progress
        let params = JSONObject(present: [
            "progressToken": token.json, "progress": JSON(progress), "message": message.map(JSON.string),
        ])
        return Notification(method: "notifications/progress", params: params)
    }
}

// MARK: - Messages

extension Conversation {
    private mutating func receive(_ notification: Notification) -> Action {
        guard notification.method == "notifications/cancelled", let id = RequestID(notification.params["requestId"]),
            open.removeValue(forKey: id) != nil
        else { return .nothing }
        subscriptions.remove(id)
        return .cancel(id)
    }

    private mutating func receive(_ request: Request) -> Action {
        guard open[request.id] == nil else {
            // With the id, the answer would be taken for the open call's.
            return .answer(Response(id: nil, .error(.invalidRequest("\"id\" is that of a call that is still open"))))
        }
        do throws(ProtocolError) {
            return try take(request)
        } catch {
            return .answer(Response(id: request.id, .error(error)))
        }
    }

    /// `initialize` is the handshake whatever it carries: the modern era has no such method.
    private mutating func take(_ request: Request) throws(ProtocolError) -> Action {
        if request.method == "initialize" { return answer(request, try initialize(request.params)) }
        let meta = try RequestMeta(request.params)
        if meta.isModern || request.method == ModernMethod.discover.rawValue {
            return try takeModern(request, meta)
        }
        return try takeLegacy(request, meta)
    }

    private mutating func takeModern(_ request: Request, _ meta: RequestMeta) throws(ProtocolError) -> Action {
        let version = try meta.modernVersion()
        switch ModernMethod(rawValue: request.method) {
        case .discover: return answer(request, discovery(version))
        case .listTools: return answer(request, try toolList(request.params, version))
        case .callTool: return .call(try call(request, meta, version))
        case .listPrompts: return answer(request, try promptList(request.params, version))
        case .getPrompt: return answer(request, try prompt(request.params, version))
        case .listTemplates: return answer(request, try templateList(request.params, version))
        case nil: return try takeQuery(request, meta, version)
        }
    }

    private mutating func takeQuery(
        _ request: Request, _ meta: RequestMeta, _ version: ProtocolVersion
    ) throws(ProtocolError) -> Action {
        if let change = try subscriptionChange(request, meta, version) {
            return .subscription(SubscriptionRequest(request: open(request, meta, version), change: change))
        }
        let subject: Query.Subject
        if let known = try resourceQuery(request, version) {
            subject = known
        } else if let known = try taskQuery(request, meta, version) {
            subject = known
        } else if request.method == Self.completionMethod {
            guard let completion = try completion(request.params) else {
                return answer(request, server.result(Completion.members([], total: 0), for: version))
            }
            subject = .completion(completion)
        } else {
            throw .methodNotFound(request.method)
        }
        if case .resources = subject, !version.isModern { subscriptions.hasListed = true }
        return .query(Query(request: open(request, meta, version), subject: subject))
    }

    /// `ping` may come before the handshake (MCP 2025-11-25, "Initialization").
    private mutating func takeLegacy(_ request: Request, _ meta: RequestMeta) throws(ProtocolError) -> Action {
        guard let method = LegacyMethod(rawValue: request.method) else {
            guard let negotiated else {
                throw isOfResources(request.method) ? RequestMeta.beforeHandshake : .methodNotFound(request.method)
            }
            return try takeQuery(request, meta, negotiated)
        }
        switch (method, negotiated) {
        case (.ping, _): return answer(request, [:])
        case (_, nil): throw RequestMeta.beforeHandshake
        case (.setLevel, _?):
            logLevel = try LogLevel(request.params["level"], named: "level")
            return answer(request, [:])
        case (.listTools, let version?): return answer(request, try toolList(request.params, version))
        case (.callTool, let version?): return .call(try call(request, meta, version))
        case (.listPrompts, let version?): return answer(request, try promptList(request.params, version))
        case (.getPrompt, let version?): return answer(request, try prompt(request.params, version))
        case (.listTemplates, let version?): return answer(request, try templateList(request.params, version))
        }
    }

    private func answer(_ request: Request, _ result: JSONObject) -> Action {
        .answer(Response(id: request.id, .result(result)))
    }

    private mutating func call(
        _ request: Request, _ meta: RequestMeta, _ version: ProtocolVersion
    ) throws(ProtocolError) -> ToolCall {
        let (tool, arguments) = try toolAndArguments(request.params)
        let asTask = try wantsTask(tool, request.params, meta, version)
        let resumption = version.isModern ? try Resumption(request.params) : nil
        return ToolCall(
            opened: open(request, meta, version), tool: tool, arguments: arguments, asTask: asTask,
            resumption: resumption)
    }

    private mutating func open(_ request: Request, _ meta: RequestMeta, _ version: ProtocolVersion) -> OpenRequest {
        serial += 1
        open[request.id] = Opened(serial: serial)
        return OpenRequest(
            id: request.id, version: version, progressToken: meta.progressToken,
            client: version.isModern ? meta.client : features, clientName: meta.name ?? client,
            logLevel: version.isModern ? meta.logLevel : logLevel, serial: serial)
    }

    private mutating func initialize(_ params: JSONObject) throws(ProtocolError) -> JSONObject {
        guard let requested = params["protocolVersion"]?.stringValue else {
            throw .invalidParams("\"protocolVersion\" must be a string")
        }
        let version = ProtocolVersion.negotiate(requested)
        negotiated = version
        features = ClientFeatures(params["capabilities"])
        client = RequestMeta.name(of: params["clientInfo"])
        return handshake(version)
    }
}
