/// Who writes a line: which user, through which front end, for which client.
public struct AuditWho: Sendable, Equatable {
    /// The front end's uid.
    public var uid: UInt32
    /// The kind of front end: `cli`, `mcp`, `policy-test`.
    public var frontEnd: String
    /// What an MCP client calls itself; nil: there is none, or it did not say.
    public var client: String?

    /// Who acts through a front end.
    public init(uid: UInt32, frontEnd: String, client: String? = nil) {
        (self.uid, self.frontEnd, self.client) = (uid, frontEnd, client)
    }

    /// Who a principal such as `mcp:1000` is.
    public init(principal: String, uid: UInt32) {
        self.init(uid: uid, frontEnd: String(principal.prefix { $0 != ":" }))
    }
}
