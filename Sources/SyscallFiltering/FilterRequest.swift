/// What network a task's sockets may belong to.
public enum FilterNetwork: Sendable, Equatable, CaseIterable {
    /// AF_UNIX only.
    case none
    /// AF_INET and AF_INET6 too, on an interface of the sandbox's own.
    case loopback
    /// AF_INET and AF_INET6 too, on the host's interfaces.
    case host
}

/// What a task may call: a policy's `[syscalls]` with what other tables mean for the filter.
public struct FilterRequest: Sendable, Equatable {
    /// `default`, `strict`, or the name of a file.
    public var base: String
    /// The file's text, where the base is a file: names and `@groups`, `#` begins a comment.
    public var baseText: String?
    /// Names and `@groups` allowed besides the base. Rules for arguments stay in force.
    public var allow: [String]
    /// Names and `@groups` not allowed; wins over `allow`.
    public var deny: [String]
    /// Which sockets can be made.
    public var network: FilterNetwork
    /// Whether only listed commands may run: anonymous files, which could be executed, are refused then.
    public var hasCommandList: Bool
    /// Whether memory may be writable and executable, at once or one after the other.
    public var mayWriteExecute: Bool

    /// A request; what is not given is as narrow as a policy that says nothing.
    public init(
        base: String = "default", baseText: String? = nil, allow: [String] = [], deny: [String] = [],
        network: FilterNetwork = .none, hasCommandList: Bool = true, mayWriteExecute: Bool = true
    ) {
        self.base = base
        self.baseText = baseText
        self.allow = allow
        self.deny = deny
        self.network = network
        self.hasCommandList = hasCommandList
        self.mayWriteExecute = mayWriteExecute
    }
}
