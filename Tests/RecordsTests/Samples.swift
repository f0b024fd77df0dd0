import Testing

@testable import Records

/// Records in which every field differs from its neighbours, so that fields that change places are noticed.
enum Samples {
    static let id = TaskID(bytes: [UInt8](0x10...0x1f))

    static let plan = LaunchPlan(
        task: id, arguments: [Array("make".utf8), [0xff, 0x0a], []], environment: [Array("PATH=/usr/bin".utf8)],
        executable: PlannedExecutable(
            path: "/usr/bin/make", inode: 7, size: 8, modified: -9, digest: [UInt8](repeating: 0xd1, count: 32)),
        workingDirectory: "/srv/é", hostName: "caisson",
        identity: PlannedIdentity(
            innerUser: 1000, innerGroup: 1001, hostUser: 700_000, hostGroup: 700_001, mapsOwners: true,
            dropsGroups: false),
        mounts: mounts, scratchBytes: 1 << 28, network: .loopback,
        limits: [
            PlannedLimit(resource: 7, soft: 1024, hard: 2048), PlannedLimit(resource: 4, soft: 1, hard: UInt64.max),
        ],
        landlock: PlannedLandlock(
            minimumABI: 4,
            rules: [LandlockRule(path: "/usr", grant: [.read, .execute]), LandlockRule(path: "/dev", grant: .device)],
            connectPorts: [443, 80]),
        filters: PlannedFilters(task: [1, 2, 3], reaper: [4], monitor: []),
        hardening: PlannedHardening(denyWriteExecute: true, mitigateSpeculation: false, sessionKeyring: true),
        deadlines: PlannedDeadlines(wall: 1, grace: 2, cpuTime: 3),
        streams: PlannedStreams(
            mergesError: false, recordBytes: 64 << 20, inputStaysOpen: true, terminal: WindowSize(rows: 25, columns: 81)
        ),
        cgroup: PlannedCgroup(path: "/tasks/a", values: [CgroupValue(file: "memory.max", value: "1")]),
        placeholders: [".mcp.json"])

    static let mounts: [MountStep] = [
        .directory(path: "/a", mode: 0o755),
        .link(path: "/bin", target: "usr/bin"),
        .tree(source: "/etc/ssl", target: "/etc/ssl", attributes: [.readOnly, .noExecute]),
        .overlay(layers: ["/mask", "/usr"], target: "/usr", attributes: [.readOnly, .noDevices, .noSetUserID]),
        .handed(HandedTree(source: "/srv/a", owner: 33, group: 34), target: "/srv/a", attributes: .noDevices),
        .scratch(name: "tmp", target: "/tmp", mode: 0o1777, attributes: .noExecute),
        .proc(target: "/proc", minimal: true),
        .hide(path: "/srv/a/.env", isDirectory: false),
        .pin(path: "/srv/a/.git/hooks", readOnly: true),
        .terminals(target: "/dev/pts"),
    ]

    /// A plan in which everything optional is missing and every list that may be is empty.
    static let smallestPlan: LaunchPlan = {
        var plan = Samples.plan
        plan.arguments = [[]]
        (plan.environment, plan.mounts, plan.limits) = ([], [], [])
        plan.placeholders = []
        plan.executable.digest = []
        plan.landlock = PlannedLandlock(minimumABI: 0, rules: [], connectPorts: nil)
        plan.cgroup = nil
        plan.streams.terminal = nil
        return plan
    }()

    static let end: EndRecord = {
        var end = EndRecord(status: .terminated, cause: "stop", endedAt: 1_700_000_000_000_000_001)
        (end.by, end.limit, end.stage, end.errno) = ("cli:1000", "30 min", .landlock, 13)
        (end.exitCode, end.signal, end.runtime, end.cpuTime) = (3, 15, 4, 5)
        (end.peakMemory, end.peakProcesses, end.detail) = (6, 7, "/srv")
        (end.throttledTime, end.refusedForks) = (10, 11)
        end.proof = EndProof(kind: .cgroupEmpty, at: 8, killed: 9)
        return end
    }()

    static let smallestEnd = EndRecord(status: .exited, cause: "", endedAt: 0)

    static let receipt = Receipt(
        takenAt: 5,
        pid: 4711,
        lines: [
            Receipt.Line(subject: "task", field: "uids", planned: "1000", observed: "1000"),
            Receipt.Line(subject: "init", field: "seccomp", planned: "2", observed: "0"),
        ])

    static let task = TaskRecord(
        id: id, arguments: ["ls", "-l"], workingDirectory: "/srv", workspace: "/srv/a", policy: "default",
        policyDigest: "d1", startedAt: 1, owner: "cli:0", tenant: "t", bootID: "b",
        enforcement: [Enforcement("limits.memory", wanted: "2 GiB", .perProcess, means: "RLIMIT_AS")], retention: 2,
        recordBytes: 3, inputStaysOpen: true, wall: 4, grace: 5, retainedBytes: 6,
        watched: WatchedNames(patterns: ["/srv/a/**/.env"], roots: ["/srv/a"], known: ["/srv/a/b/.env"]))
}

/// A kind of record that is stored in a frame, without its type.
struct SealedKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let magic: StaticString
    /// The newest.
    let version: UInt16
    /// Records of this kind, sealed.
    let samples: [[UInt8]]
    /// Reads a record and seals it again.
    let reseal: @Sendable ([UInt8]) throws(RecordError) -> [UInt8]

    static let all = [
        SealedKind(
            testDescription: "launch plan", magic: LaunchPlan.magic, version: LaunchPlan.version,
            samples: [Samples.plan.sealed, Samples.smallestPlan.sealed],
            reseal: { (bytes) throws(RecordError) in try LaunchPlan.open(bytes).sealed }),
        SealedKind(
            testDescription: "end record", magic: EndRecord.magic, version: EndRecord.version,
            samples: [Samples.end.sealed, Samples.smallestEnd.sealed],
            reseal: { (bytes) throws(RecordError) in try EndRecord.open(bytes).sealed }),
        SealedKind(
            testDescription: "receipt", magic: Receipt.magic, version: Receipt.version,
            samples: [Samples.receipt.sealed, Receipt(takenAt: 0, pid: 1, lines: []).sealed],
            reseal: { (bytes) throws(RecordError) in try Receipt.open(bytes).sealed }),
        SealedKind(
            testDescription: "task record", magic: TaskRecord.magic, version: TaskRecord.version,
            samples: [Samples.task.sealed],
            reseal: { (bytes) throws(RecordError) in try TaskRecord.open(bytes).sealed }),
        SealedKind(
            testDescription: "new matches", magic: NewMatches.magic, version: NewMatches.version,
            samples: [
                NewMatches(paths: ["/srv/a/.env"], cut: "c", lookedAt: 7).sealed, NewMatches(lookedAt: 0).sealed,
            ],
            reseal: { (bytes) throws(RecordError) in try NewMatches.open(bytes).sealed }),
    ]
}
