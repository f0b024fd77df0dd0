import Glibc
import Kernel
import Records

/// The mounts of the task, compared with the steps of the plan.
extension Observation {
    /// Reads the table of mounts of a process.
    ///
    /// - Returns: The table, open.
    mutating func observeMounts(_ pid: Int32) throws(Errno) -> Int32 {
        let table = try Files.open("/proc/\(pid)/mountinfo", O_RDONLY)
        let mounts = MountTable(try Transfer.readAll(table.number, limit: 1 << 20))
        observeMount("/", [.readOnly, .noSetUserID, .noDevices, .noExecute], mounts)
        for step in plan.mounts {
            guard let (target, attributes) = step.placed else { continue }
            observeMount(target, attributes, mounts)
            observeOptions(step, target, mounts)
        }
        add("task", "mounts_not_planned", "", unplanned(mounts))
        return table.release()
    }

    private mutating func observeMount(_ target: String, _ planned: MountAttributes, _ mounts: MountTable) {
        let observed = mounts.attributes(target)
        let words = observed?.words ?? "missing"
        // More restrictive than planned is what the host's own mount may be.
        let agrees = observed.map { planned.isSubset(of: $0) } ?? false
        add("task", "mount.\(target)", agrees ? words : planned.words, words)
    }

    /// What /proc shows, and how much fits into a private place.
    private mutating func observeOptions(_ step: MountStep, _ target: String, _ mounts: MountTable) {
        let planned: [String] =
            switch step {
            case .proc(_, let minimal): minimal ? ["hidepid=invisible", "subset=pid"] : ["hidepid=invisible"]
            case .terminals: ["mode=620", "ptmxmode=666", "max=\(MountStep.terminalLimit)"]
            case .scratch: ["size=\(kibibytes(plan.scratchBytes))k"]
            default: []
            }
        for option in planned {
            let isThere = mounts.hasOption(option, at: target)
            add("task", "option.\(target)", option, isThere ? option : "not \(option)")
        }
    }

    /// A tmpfs is made of whole pages. Source: mm/shmem.c.
    private func kibibytes(_ bytes: UInt64) -> UInt64 {
        let page = UInt64(getpagesize())
        return (bytes + page - 1) / page * page / 1024
    }

    /// The first place at which something is mounted that is no step of the plan, and was mounted below none on the host.
    private func unplanned(_ mounts: MountTable) -> String {
        let planned = Set(plan.mounts.compactMap { $0.placed?.target })
        let trees = plan.mounts.compactMap(\.tree)
        var roots = 0
        for place in mounts.places {
            if place == "/" { roots += 1 }
            let isPlanned = planned.contains(place) || trees.contains { Paths.isWithin(place, $0) }
            if place == "/" ? roots > 1 : !isPlanned { return place }
        }
        return ""
    }
}

extension MountStep {
    /// Where a mount of its own is, and what it may not do there.
    fileprivate var placed: (target: String, attributes: MountAttributes)? {
        switch self {
        case .tree(_, let target, let attributes), .overlay(_, let target, let attributes),
            .handed(_, let target, let attributes), .scratch(_, let target, _, let attributes):
            (target, attributes)
        case .proc(let target, _): (target, [.readOnly, .noSetUserID, .noDevices, .noExecute])
        case .terminals(let target): (target, [.noSetUserID, .noExecute])
        case .hide(let path, _): (path, [.readOnly])
        case .pin(let path, let readOnly): (path, readOnly ? [.readOnly] : [])
        case .directory, .link: nil
        }
    }

    /// A place below which it brings what the host has mounted there.
    fileprivate var tree: String? {
        switch self {
        case .tree(_, let target, _), .handed(_, let target, _): target
        default: nil
        }
    }
}
