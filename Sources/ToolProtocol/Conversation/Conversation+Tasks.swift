public import JSON

/// The methods for tasks of the protocol.
enum TaskMethod: String {
    case get = "tasks/get"
    case result = "tasks/result"
    case list = "tasks/list"
    case cancel = "tasks/cancel"
    case update = "tasks/update"

    /// Whether the version has it.
    func exists(in version: ProtocolVersion) -> Bool {
        switch self {
        case .get, .cancel: version >= .november2025
        case .result, .list: version == .november2025
        case .update: version.isModern
        }
    }
}

extension Conversation {
    /// What a method for tasks asks for; nil: the version has no such method.
    ///
    /// - Throws: -32021 where a client of 2026-07-28 has not declared the extension.
    func taskQuery(
        _ request: Request, _ meta: RequestMeta, _ version: ProtocolVersion
    ) throws(ProtocolError) -> Query.Subject? {
        guard let method = TaskMethod(rawValue: request.method), method.exists(in: version) else { return nil }
        if version.isModern, !meta.client.hasTasks { throw .missingTasks }
        if method == .list { return .tasks(cursor: try cursor(request.params)) }
        guard let id = request.params["taskId"]?.stringValue else {
            throw .invalidParams("\"taskId\" must be a string")
        }
        switch method {
        case .get: return .task(id)
        case .result: return .taskResult(id)
        case .cancel: return .cancelTask(id)
        case .list, .update: return .updateTask(id)
        }
    }

    /// Whether a call is to be answered with a task of the protocol.
    ///
    /// Until 2025-06-18 `task` has no meaning, and what has none is left alone. In 2026-07-28 the server decides: a call that says
    /// how long it waits wants the answer of the tool.
    func wantsTask(
        _ tool: ToolName, _ params: JSONObject, _ meta: RequestMeta, _ version: ProtocolVersion
    ) throws(ProtocolError) -> Bool {
        if version.isModern {
            let arguments = params["arguments"]?.objectValue ?? [:]
            let saysHowLong = arguments["wait"] != nil || arguments["timeout_ms"] != nil
            return tool.startsTasks && meta.client.hasTasks && !saysHowLong
        }
        guard version == .november2025, let wish = params["task"] else { return false }
        guard let members = wish.objectValue else { throw .invalidParams("\"task\" must be an object") }
        if let time = members["ttl"], time != .null, time.integerValue.map({ $0 < 0 }) ?? true {
            throw .invalidParams("\"ttl\" must be milliseconds, 0 or more")
        }
        guard tool.startsTasks else {
            throw ProtocolError(.methodNotFound, "\"\(tool.rawValue)\" can't be called as a task")
        }
        return true
    }

    /// Closes a call with the task that it started.
    ///
    /// - Returns: as ``finish(_:with:)-(ToolCall,_)``.
    public mutating func finish(_ call: ToolCall, with task: ProtocolTask) -> Response? {
        guard close(call.opened) else { return nil }
        guard call.version.isModern else {
            subscriptions.start(task.id)
            return Response(id: call.id, .result(["task": .object(task.members(for: call.version))]))
        }
        let members = task.members(for: call.version)
        return Response(id: call.id, .result(server.result(members, for: call.version, type: "task")))
    }
}

extension ProtocolError {
    /// A method of an extension that the request's client did not declare (MCP 2026-07-28, "Error codes").
    static let missingTasks = ProtocolError(
        .missingCapability, "the request does not declare the extension \(ClientFeatures.tasksExtension)",
        data: ["requiredCapabilities": ["extensions": [ClientFeatures.tasksExtension: [:]]]])

    /// There is no such task, or it is none any more.
    public static func unknownTask(_ id: String) -> ProtocolError {
        .invalidParams("there is no task \(Excerpt.of(.string(id)))")
    }

    /// A cursor that was not given out.
    public static let unknownCursor = ProtocolError.invalidParams("\"cursor\" is none that was given out")

    /// A task that has ended and should be cancelled (MCP 2025-11-25, "Cancelling Tasks").
    public static func alreadyOver(_ id: String) -> ProtocolError {
        .invalidParams("task \(Excerpt.of(.string(id))) has ended")
    }

    /// A call that asked for a task, and none was started.
    ///
    /// - Parameter facts: What the tool would have answered.
    public static func notStarted(_ reason: String, _ facts: JSON) -> ProtocolError {
        ProtocolError(.invalidParams, reason, data: facts)
    }
}
