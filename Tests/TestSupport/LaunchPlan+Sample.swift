public import Records

extension LaunchPlan {
    /// A plan that nobody carries out.
    public static func sample(_ id: TaskID) throws -> LaunchPlan {
        LaunchPlan(
            task: id, arguments: [Array("make".utf8)], environment: [],
            executable: PlannedExecutable(path: "/usr/bin/make", inode: 1, size: 2, modified: 3, digest: []),
            workingDirectory: "/srv/a", hostName: "caisson",
            identity: PlannedIdentity(
                innerUser: 1000, innerGroup: 1000, hostUser: 1, hostGroup: 1, mapsOwners: false, dropsGroups: false),
            mounts: [
                .tree(source: "/usr", target: "/usr", attributes: [.readOnly]),
                .pin(path: "/srv/a/.git", readOnly: true),
            ], scratchBytes: 1, network: .none, limits: [],
            landlock: PlannedLandlock(minimumABI: 1, rules: [], connectPorts: nil),
            filters: PlannedFilters(task: [], reaper: [], monitor: []),
            hardening: PlannedHardening(denyWriteExecute: false, mitigateSpeculation: false, sessionKeyring: true),
            deadlines: PlannedDeadlines(wall: 0, grace: 0, cpuTime: 0),
            streams: PlannedStreams(mergesError: false, recordBytes: 1, inputStaysOpen: false), cgroup: nil,
            placeholders: [])
    }
}
