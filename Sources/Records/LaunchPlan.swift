/// Everything that the airlock needs to know of one task, decided by the front end before anything runs.
///
/// It travels in sealed memory: nobody can change it between the decision and its use.
public struct LaunchPlan: Sendable, Equatable {
    /// The task's name.
    public var task: TaskID
    /// argv of the task, at least one element, each without NUL.
    public var arguments: [[UInt8]]
    /// `NAME=value`, each without NUL.
    public var environment: [[UInt8]]
    /// What is executed, as it was checked.
    public var executable: PlannedExecutable
    /// The directory in which the task starts, inside the view.
    public var workingDirectory: String
    /// The host name inside.
    public var hostName: String
    /// User and group, inside and outside.
    public var identity: PlannedIdentity
    /// The steps that build the view, in order.
    public var mounts: [MountStep]
    /// Bytes of the one tmpfs behind /tmp and HOME.
    public var scratchBytes: UInt64
    /// What the network looks like.
    public var network: PlannedNetwork
    /// Resource limits by their kernel numbers.
    public var limits: [PlannedLimit]
    /// The Landlock domain.
    public var landlock: PlannedLandlock
    /// The compiled filters, arrays of struct sock_filter.
    public var filters: PlannedFilters
    /// Flags of the task's process.
    public var hardening: PlannedHardening
    /// When the task is ended, in nanoseconds.
    public var deadlines: PlannedDeadlines
    /// How its streams are connected and recorded.
    public var streams: PlannedStreams
    /// The cgroup, or nil where none is used.
    public var cgroup: PlannedCgroup?
    /// Names of the files that were made so that a missing name can be protected; removed at the end.
    public var placeholders: [String]

    /// A plan with every part named.
    public init(
        task: TaskID, arguments: [[UInt8]], environment: [[UInt8]], executable: PlannedExecutable,
        workingDirectory: String, hostName: String, identity: PlannedIdentity, mounts: [MountStep],
        scratchBytes: UInt64, network: PlannedNetwork, limits: [PlannedLimit], landlock: PlannedLandlock,
        filters: PlannedFilters, hardening: PlannedHardening, deadlines: PlannedDeadlines, streams: PlannedStreams,
        cgroup: PlannedCgroup?, placeholders: [String]
    ) {
        self.task = task
        self.arguments = arguments
        self.environment = environment
        self.executable = executable
        self.workingDirectory = workingDirectory
        self.hostName = hostName
        self.identity = identity
        self.mounts = mounts
        self.scratchBytes = scratchBytes
        self.network = network
        self.limits = limits
        self.landlock = landlock
        self.filters = filters
        self.hardening = hardening
        self.deadlines = deadlines
        self.streams = streams
        self.cgroup = cgroup
        self.placeholders = placeholders
    }
}

extension LaunchPlan {
    /// The trees whose descriptors travel with the plan, in the order of their steps.
    public var handedTrees: [HandedTree] {
        mounts.compactMap { if case .handed(let tree, _, _) = $0 { tree } else { nil } }
    }
}

/// The descriptors of an airlock with fixed numbers. 0, 1 and 2 are /dev/null.
public enum AirlockDescriptor {
    /// A socket to the front end: the plan comes by it; start, failure and end are reported on it.
    public static let report: Int32 = 3
    /// The task's directory. This and the following two are /dev/null until the plan comes.
    public static let directory: Int32 = 4
    /// The task's record; its lock is the proof that a monitor lives.
    public static let lock: Int32 = 5
    /// The task's control socket, listening since before the task had a name: nobody who finds it is ever refused.
    public static let control: Int32 = 6
    /// How many there are.
    public static let count = 7
}

/// The descriptors that come with a plan.
public enum PlanDescriptor: UInt8, Sendable {
    /// What the task reads as its standard input.
    case input = 1
    /// Where the foreground front end reads standard output.
    case outputSink
    /// Where the foreground front end reads standard error.
    case errorSink
    /// The directory of a handed tree, as it was checked; one for each `MountStep.handed`, in their order.
    case tree
    /// The task's cgroup directory.
    case cgroup
    /// The write end of the task's input, kept for `write_input`.
    case inputSource
    /// A placeholder, locked; one for each name of the plan, in their order.
    case placeholder
    /// The directory of a placeholder, in the same order.
    case placeholderParent
    /// The directory above the task's cgroup.
    case cgroupParent
    /// The plan itself, in sealed memory.
    case plan
    /// What becomes `AirlockDescriptor.directory`.
    case directory
    /// What becomes `AirlockDescriptor.lock`.
    case lock
    /// What becomes `AirlockDescriptor.control`.
    case control
}

/// What is executed, and how it is known again inside the view.
public struct PlannedExecutable: Sendable, Equatable {
    /// Its path in the view; for a script, its interpreter's.
    public var path: String
    /// Inode and size on the host. The device differs below an overlay.
    public var inode: UInt64
    /// Length in bytes.
    public var size: UInt64
    /// Time of the last change of contents, in nanoseconds since 1970.
    public var modified: Int64
    /// SHA-256 of the contents where the policy pins it, otherwise empty.
    public var digest: [UInt8]

    /// An executable as it was found on the host.
    public init(path: String, inode: UInt64, size: UInt64, modified: Int64, digest: [UInt8]) {
        self.path = path
        self.inode = inode
        self.size = size
        self.modified = modified
        self.digest = digest
    }
}

/// The one user of the sandbox.
public struct PlannedIdentity: Sendable, Equatable {
    /// uid and gid inside, never 0.
    public var innerUser: UInt32
    /// See `innerUser`.
    public var innerGroup: UInt32
    /// The same user outside.
    public var hostUser: UInt32
    /// The same group outside.
    public var hostGroup: UInt32
    /// Whether handed trees are idmapped mounts, on which the owner on disk appears as this user.
    public var mapsOwners: Bool
    /// Whether supplementary groups can be dropped: only with privilege over the map.
    public var dropsGroups: Bool

    /// A pair of user and group, inside and outside.
    public init(
        innerUser: UInt32, innerGroup: UInt32, hostUser: UInt32, hostGroup: UInt32, mapsOwners: Bool, dropsGroups: Bool
    ) {
        self.innerUser = innerUser
        self.innerGroup = innerGroup
        self.hostUser = hostUser
        self.hostGroup = hostGroup
        self.mapsOwners = mapsOwners
        self.dropsGroups = dropsGroups
    }
}

/// The network of the sandbox.
public enum PlannedNetwork: UInt8, Sendable {
    /// A namespace of its own in which nothing is up.
    case none = 1
    /// A namespace of its own with its loopback up.
    case loopback
    /// The host's.
    case host
}

/// One resource limit, as setrlimit(2) takes it.
public struct PlannedLimit: Sendable, Equatable {
    /// RLIMIT_*.
    public var resource: Int32
    /// Where the kernel signals or refuses.
    public var soft: UInt64
    /// Up to where the task may raise the soft limit.
    public var hard: UInt64

    /// A limit.
    public init(resource: Int32, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }
}

/// What a Landlock rule grants below a path.
public struct LandlockGrant: OptionSet, Sendable, Hashable {
    /// The bits below.
    public let rawValue: UInt8

    /// Any of the bits below.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Files can be read, directories listed.
    public static let read = LandlockGrant(rawValue: 1)
    /// Everything that changes files and directories.
    public static let write = LandlockGrant(rawValue: 2)
    /// Files can be executed.
    public static let execute = LandlockGrant(rawValue: 4)
    /// Directories can be listed; nothing in them can be read by that.
    public static let list = LandlockGrant(rawValue: 16)
    /// Files can be removed, and nothing else be done to them.
    public static let remove = LandlockGrant(rawValue: 32)
    /// Empty directories can be removed, and nothing else be done to them.
    public static let removeDirectory = LandlockGrant(rawValue: 64)
    /// ioctl(2) on devices, and writing to them: for the nodes in /dev.
    public static let device = LandlockGrant(rawValue: 8)
}

/// One rule of the Landlock domain.
public struct LandlockRule: Sendable, Equatable {
    /// A path in the view; what is missing there is skipped if `optional`.
    public var path: String
    /// What is granted.
    public var grant: LandlockGrant

    /// A rule.
    public init(path: String, grant: LandlockGrant) {
        self.path = path
        self.grant = grant
    }
}

/// The Landlock domain of the task.
public struct PlannedLandlock: Sendable, Equatable {
    /// The lowest ABI with which the policy's demands can be met; 0: the layer may be missing.
    public var minimumABI: Int32
    /// Rules on paths of the view.
    public var rules: [LandlockRule]
    /// TCP ports that may be connected to; nil: not restricted.
    public var connectPorts: [UInt16]?

    /// A domain.
    public init(minimumABI: Int32, rules: [LandlockRule], connectPorts: [UInt16]?) {
        self.minimumABI = minimumABI
        self.rules = rules
        self.connectPorts = connectPorts
    }
}

/// Compiled seccomp programs.
public struct PlannedFilters: Sendable, Equatable {
    /// For the task.
    public var task: [UInt8]
    /// For the sandbox's init.
    public var reaper: [UInt8]
    /// For the monitor.
    public var monitor: [UInt8]

    /// The three programs.
    public init(task: [UInt8], reaper: [UInt8], monitor: [UInt8]) {
        self.task = task
        self.reaper = reaper
        self.monitor = monitor
    }
}

/// Flags of the task's process.
public struct PlannedHardening: Sendable, Equatable {
    /// Memory that was writable can't become executable (PR_SET_MDWE, Linux 6.3).
    public var denyWriteExecute: Bool
    /// Speculative store bypass and indirect branch speculation are off.
    public var mitigateSpeculation: Bool
    /// Whether there is no task without a session keyring of its own; false where the filter refuses every call for keys,
    /// so that a user whose quota of keyrings is used up may do without.
    public var sessionKeyring: Bool

    /// The flags.
    public init(denyWriteExecute: Bool, mitigateSpeculation: Bool, sessionKeyring: Bool) {
        self.denyWriteExecute = denyWriteExecute
        self.mitigateSpeculation = mitigateSpeculation
        self.sessionKeyring = sessionKeyring
    }
}

/// When the task is ended, in nanoseconds.
public struct PlannedDeadlines: Sendable, Equatable {
    /// From the start; 0: never.
    public var wall: UInt64
    /// From TERM to KILL.
    public var grace: UInt64
    /// CPU time of all processes together; 0: no limit.
    public var cpuTime: UInt64

    /// The deadlines.
    public init(wall: UInt64, grace: UInt64, cpuTime: UInt64) {
        self.wall = wall
        self.grace = grace
        self.cpuTime = cpuTime
    }
}

/// How streams are connected and recorded.
public struct PlannedStreams: Sendable, Equatable {
    /// Both output streams go through one pipe, in the order in which they were written.
    public var mergesError: Bool
    /// Bytes of the record, both streams together.
    public var recordBytes: UInt64
    /// Input can be sent later (`write_input`).
    public var inputStaysOpen: Bool
    /// A terminal of the sandbox's own is all three streams, and in the beginning it has this size; nil: pipes are.
    public var terminal: WindowSize?

    /// The streams.
    public init(mergesError: Bool, recordBytes: UInt64, inputStaysOpen: Bool, terminal: WindowSize? = nil) {
        self.mergesError = mergesError
        self.recordBytes = recordBytes
        self.inputStaysOpen = inputStaysOpen
        self.terminal = terminal
    }
}

/// The task's cgroup.
public struct PlannedCgroup: Sendable, Equatable {
    /// Its path below the cgroup2 mount, for the receipt.
    public var path: String
    /// Values that the monitor expects to read there: file name and contents.
    public var values: [CgroupValue]

    /// A cgroup.
    public init(path: String, values: [CgroupValue]) {
        self.path = path
        self.values = values
    }
}

/// One file of a cgroup.
public struct CgroupValue: Sendable, Equatable {
    /// Such as `memory.max`.
    public var file: String
    /// Its contents, without the newline.
    public var value: String

    /// A file and its contents.
    public init(file: String, value: String) {
        self.file = file
        self.value = value
    }
}
