/// What happens to a command string that needs a shell. In order from the strictest.
public enum ShellUse: UInt8, Sendable, CaseIterable, Comparable {
    /// It is refused, and `argv` is offered.
    case refuse = 0
    /// `sh` runs it, unparsed, and the kernel's list decides what it can start.
    case check = 1
    /// `sh` runs it where every command is allowed.
    case trust = 2

    /// The stricter choice comes first.
    public static func < (left: ShellUse, right: ShellUse) -> Bool { left.rawValue < right.rawValue }
}

/// What of the host's file system a task sees besides its own places.
public enum FileView: UInt8, Sendable, CaseIterable, Comparable {
    /// Only what is listed.
    case empty = 0
    /// The system's programs, libraries and what else of /etc a program needs and no secret.
    case system = 1

    /// The smaller view comes first.
    public static func < (left: FileView, right: FileView) -> Bool { left.rawValue < right.rawValue }
}

/// What network a task has. In order from the smallest.
public enum NetworkMode: UInt8, Sendable, CaseIterable, Comparable {
    /// No interface is up; sockets of AF_UNIX only.
    case none = 0
    /// A loopback interface of the sandbox's own.
    case loopback = 1
    /// Named destinations through a proxy.
    case egress = 2
    /// The host's network.
    case host = 3

    /// The smaller network comes first.
    public static func < (left: NetworkMode, right: NetworkMode) -> Bool { left.rawValue < right.rawValue }
}

/// As whom a task runs.
public enum TaskUser: UInt8, Sendable, CaseIterable, Comparable {
    /// A uid of the tenant's range (as root), the one mapped uid (otherwise).
    case task = 0
    /// The caller's own uid.
    case caller = 1

    /// The smaller right comes first.
    public static func < (left: TaskUser, right: TaskUser) -> Bool { left.rawValue < right.rawValue }
}

/// What is done about speculative execution.
public enum SpeculationControl: UInt8, Sendable, CaseIterable, Comparable {
    /// Store bypass and indirect branches are held back for the task (prctl(2), PR_SET_SPECULATION_CTRL).
    case mitigate = 0
    /// What the host does for every process.
    case standard = 1

    /// The stricter choice comes first.
    public static func < (left: SpeculationControl, right: SpeculationControl) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What a task sees of /proc.
public enum ProcView: UInt8, Sendable, CaseIterable, Comparable {
    /// `subset=pid`: the sandbox's processes and nothing else.
    case minimal = 0
    /// The sandbox's processes, dangerous entries masked.
    case own = 1

    /// The smaller view comes first.
    public static func < (left: ProcView, right: ProcView) -> Bool { left.rawValue < right.rawValue }
}

/// What a `[[test]]` of a policy expects of a command.
public enum TestExpectation: Sendable, Equatable {
    /// The decision refuses it.
    case refused
    /// The decision allows it.
    case allowed
    /// The decision allows it and the kernel stops it.
    case blocked
    /// It runs and ends with this code, 0 to 255.
    case exits(UInt8)
}

/// A closed choice as policy files write it.
public protocol PolicyChoice: CaseIterable, Sendable, Equatable {
    /// The word in the file.
    var word: String { get }
}

extension PolicyChoice {
    /// The choice that a word names.
    public init?(word: String) {
        guard let choice = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = choice
    }
}

extension ShellUse: PolicyChoice {
    /// The word in the file.
    public var word: String { String(describing: self) }
}
extension FileView: PolicyChoice {
    /// The word in the file.
    public var word: String { String(describing: self) }
}
extension NetworkMode: PolicyChoice {
    /// The word in the file.
    public var word: String { String(describing: self) }
}
extension TaskUser: PolicyChoice {
    /// The word in the file.
    public var word: String { String(describing: self) }
}
extension SpeculationControl: PolicyChoice {
    /// The word in the file.
    public var word: String { self == .standard ? "default" : "mitigate" }
}
extension ProcView: PolicyChoice {
    /// The word in the file.
    public var word: String { String(describing: self) }
}
