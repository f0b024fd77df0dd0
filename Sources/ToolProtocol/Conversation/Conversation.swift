internal import JSON

/// One connection: what was agreed on, and which calls are open. It does no I/O; it says what is to be done.
///
/// Both eras may be mixed: a request that carries its version stands for itself, any other is served as `initialize`
/// agreed on (MCP 2026-07-28, "Backward Compatibility with Initialization-Based Versions").
public struct Conversation: Sendable {
    /// What the server says of itself.
    public let server: ServerDescription
    /// The version that `initialize` agreed on.
    public private(set) var negotiated: ProtocolVersion?
    private var open: [RequestID: Int] = [:]
    private var serial = 0

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
        case .response: .nothing  // nobody asked the client anything
        }
    }

    /// Closes a call.
    ///
    /// - Returns: the answer to send; nil if the call was cancelled, and then nothing may be sent for it.
    public mutating func finish(_ call: ToolCall, with result: ToolResult) -> Response? {
        guard close(call) else { return nil }
        return Response(id: call.id, .result(server.result(result.members(for: call.version), for: call.version)))
    }

    /// Closes a call for which the server could not do its part.
    ///
    /// - Returns: as ``finish(_:with:)``.
    public mutating func fail(_ call: ToolCall, with error: ProtocolError) -> Response? {
        close(call) ? Response(id: call.id, .error(error)) : nil
    }

    /// Whether the call was still open.
    private mutating func close(_ call: ToolCall) -> Bool {
        guard open[call.id] == call.serial else { return false }
        open[call.id] = nil
        return true
    }
}

// MARK: - Messages

extension Conversation {
    private mutating func receive(_ notification: Notification) -> Action {
        guard notification.method == "notifications/cancelled", let id = RequestID(notification.params["requestId"]),
            open.removeValue(forKey: id) != nil
        else { return .nothing }
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
        case nil: throw .methodNotFound(request.method)
        }
    }

    /// `ping` may come before the handshake (MCP 2025-11-25, "Initialization").
    private mutating func takeLegacy(_ request: Request, _ meta: RequestMeta) throws(ProtocolError) -> Action {
        guard let method = LegacyMethod(rawValue: request.method) else { throw .methodNotFound(request.method) }
        switch (method, negotiated) {
        case (.ping, _): return answer(request, [:])
        case (_, nil): throw RequestMeta.beforeHandshake
        case (.setLevel, _?): return answer(request, try setLevel(request.params))
        case (.listTools, let version?): return answer(request, try toolList(request.params, version))
        case (.callTool, let version?): return .call(try call(request, meta, version))
        }
    }

    private func answer(_ request: Request, _ result: JSONObject) -> Action {
        .answer(Response(id: request.id, .result(result)))
    }

    private mutating func call(
        _ request: Request, _ meta: RequestMeta, _ version: ProtocolVersion
    ) throws(ProtocolError) -> ToolCall {
        let (tool, arguments) = try toolAndArguments(request.params)
        serial += 1
        open[request.id] = serial
        return ToolCall(
            id: request.id, tool: tool, arguments: arguments, progressToken: meta.progressToken, version: version,
            serial: serial)
    }

    private mutating func initialize(_ params: JSONObject) throws(ProtocolError) -> JSONObject {
        guard let requested = params["protocolVersion"]?.stringValue else {
            throw .invalidParams("\"protocolVersion\" must be a string")
        }
        let version = ProtocolVersion.negotiate(requested)
        negotiated = version
        return handshake(version)
    }
}
