internal import JSON

/// The methods for resources that have to be looked up.
enum ResourceMethod: String {
    case list = "resources/list"
    case read = "resources/read"
}

extension Conversation {
    /// Whether a method is for resources, in some version.
    func isOfResources(_ method: String) -> Bool {
        ResourceMethod(rawValue: method) != nil
            || SubscriptionMethod(rawValue: method)?.exists(in: .november2025) ?? false
    }

    /// The answer to `resources/templates/list`: all of them.
    func templateList(_ params: JSONObject, _ version: ProtocolVersion) throws(ProtocolError) -> JSONObject {
        guard params["cursor"] == nil else { throw .unknownCursor }
        let templates = TaskResource.Part.allCases.map { $0.template(for: version) }
        return server.cacheable(["resourceTemplates": .array(templates)], for: version)
    }

    /// What a method for resources asks for; nil: there is no such method.
    func resourceQuery(_ request: Request, _ version: ProtocolVersion) throws(ProtocolError) -> Query.Subject? {
        switch ResourceMethod(rawValue: request.method) {
        case .list: return .resources(cursor: try cursor(request.params))
        case .read:
            guard let uri = request.params["uri"]?.stringValue else { throw .invalidParams("\"uri\" must be a string") }
            guard let (resource, offset) = TaskResource.read(uri) else { throw .unknownResource(uri, version) }
            return .resource(resource, offset: offset)
        case nil: return nil
        }
    }

    /// The cursor of a request for a page; nil: it asks for the first one.
    func cursor(_ params: JSONObject) throws(ProtocolError) -> String? {
        guard let cursor = params["cursor"] else { return nil }
        guard let text = cursor.stringValue else { throw .invalidParams("\"cursor\" must be a string") }
        return text
    }
}
