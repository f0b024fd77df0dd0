extension MountStep {
    /// Where the step puts something.
    public var target: String {
        switch self {
        case .directory(let path, _), .link(let path, _), .hide(let path, _), .pin(let path, _): path
        case .tree(_, let target, _), .overlay(_, let target, _), .handed(_, let target, _),
            .scratch(_, let target, _, _), .proc(let target, _), .terminals(let target):
            target
        }
    }

    /// Whether nothing can be executed from it.
    public var isNotExecutable: Bool {
        switch self {
        case .tree(_, _, let attributes), .overlay(_, _, let attributes), .handed(_, _, let attributes),
            .scratch(_, _, _, let attributes):
            attributes.contains(.noExecute)
        default: false
        }
    }
}
