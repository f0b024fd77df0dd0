internal import JSON

/// What a request says of itself in `params._meta`.
struct RequestMeta {
    private enum Key {
        static let version = "io.modelcontextprotocol/protocolVersion"
        static let capabilities = "io.modelcontextprotocol/clientCapabilities"
        static let client = "io.modelcontextprotocol/clientInfo"
        static let logLevel = "io.modelcontextprotocol/logLevel"
    }

    private let version: JSON?
    private let capabilities: JSON?
    /// What the client can do, where the request says it.
    var client: ClientFeatures { ClientFeatures(capabilities) }
    /// What the client calls itself; nil: it does not say.
    let name: String?
    /// What the client wants to find in the log, of what happens for this request.
    let logLevel: LogLevel?
    /// Where the client wants to hear of progress.
    let progressToken: ProgressToken?

    /// Reads it; a request without any has an empty one.
    init(_ params: JSONObject) throws(ProtocolError) {
        guard let meta = (params["_meta"] ?? [:]).objectValue else {
            throw .invalidParams("\"_meta\" must be an object")
        }
        version = meta[Key.version]
        capabilities = meta[Key.capabilities]
        logLevel = try meta[Key.logLevel].map { (value) throws(ProtocolError) in
            try LogLevel(value, named: Key.logLevel)
        }
        name = Self.name(of: meta[Key.client])
        progressToken = try meta["progressToken"].map { (value) throws(ProtocolError) in
            guard let token = ProgressToken(value) else {
                throw .invalidParams("\"progressToken\" must be a string or an integer")
            }
            return token
        }
    }

    /// Whether the request is meant to stand for itself.
    var isModern: Bool { version != nil || capabilities != nil }

    /// The version that the request is written in (MCP 2026-07-28, "Per-request protocol fields").
    ///
    /// The version is checked first: another one may ask for other fields.
    func modernVersion() throws(ProtocolError) -> ProtocolVersion {
        guard let version else { throw Self.missing(Key.version, "a string") }
        guard let text = version.stringValue else { throw Self.missing(Key.version, "a string") }
        guard let known = ProtocolVersion(rawValue: text), known.isModern else { throw .unsupported(text) }
        guard capabilities?.objectValue != nil else { throw Self.missing(Key.capabilities, "an object") }
        return known
    }

    /// Name and version of an `Implementation`; at most 100 characters of them.
    static func name(of implementation: JSON?) -> String? {
        guard let name = implementation?["name"]?.stringValue else { return nil }
        let whole = implementation?["version"]?.stringValue.map { "\(name) \($0)" } ?? name
        return String(whole.prefix(100))
    }

    private static func missing(_ key: String, _ kind: String) -> ProtocolError {
        .invalidParams("\"_meta\" must have \"\(key)\", \(kind)")
    }

    /// A request of neither era: nothing in it, and no handshake before it.
    static let beforeHandshake = ProtocolError.invalidParams(
        "\"initialize\" must come first, or \"_meta\" must have \"\(Key.version)\" and \"\(Key.capabilities)\"")
}
