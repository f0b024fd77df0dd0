internal import Glibc
internal import Kernel
internal import Launching
internal import Policy
internal import Records
internal import Tasks

/// The part of a view that is the same for every task of a policy: system, /etc, /dev, /proc, /tmp, and further places.
struct SystemView {
    private(set) var steps: [MountStep] = []
    private(set) var rules: [LandlockRule] = []
    private(set) var readTrees: [MountStep] = []
    private(set) var stamps: [PathStamp] = []
    private let policy: EffectivePolicy
    private let state: StateDirectory
    /// Nil where the command list is no limit.
    private let programs: ProgramList?
    private var scan: ExecutableScan

    private static let closed: MountAttributes = [.noSetUserID, .noDevices, .noExecute]

    /// Prepares everything, layers included.
    init(_ policy: EffectivePolicy, _ programs: ProgramList?, _ state: StateDirectory) throws(LaunchError) {
        (self.policy, self.programs, self.state) = (policy, programs, state)
        scan = ExecutableScan(try ScanIndex.load(state))
        if programs != nil { stamps = try PathStamp.all(["/var/lib/dpkg/status"]) }
        if policy.files.view == .system { try addSystem() }
        try addSettings()
        addDevices()
        try addOwnPlaces()
        try addReadTrees()
        try addExecutableRules()
        stamps += scan.stamps
        try scan.nextIndex.save(state)
    }

    // MARK: system

    /// /usr, and /bin, /lib and their like as links into it or as trees of their own, as the host has them.
    private mutating func addSystem() throws(LaunchError) {
        var roots = ["/usr"] + (try MountedTrees.below("/usr"))
        for name in ["bin", "sbin", "lib", "lib64", "lib32", "libx32"] {
            guard let status = try status("/\(name)") else { continue }
            if status.isSymbolicLink {
                let target = try on("/\(name)") { () throws(Errno) in try Files.target("/\(name)") }
                steps.append(.link(path: "/\(name)", target: target))
            } else if status.isDirectory {
                roots.append("/\(name)")
            }
        }
        for root in roots {
            steps.append(try tree(root, attributes: [.readOnly, .noSetUserID, .noDevices]))
            rules.append(LandlockRule(path: root, grant: programs == nil ? [.read, .execute] : [.read]))
        }
    }

    /// A tree of the host; under a command list, below a layer that hides every program that is not on it.
    private mutating func tree(_ root: String, attributes: MountAttributes) throws(LaunchError) -> MountStep {
        guard let programs else { return .tree(source: root, target: root, attributes: attributes) }
        let before = scan.found.count
        try scan.scan(root)
        var mask = Layer()
        for found in scan.found[before...].sorted(by: { $0.path < $1.path }) where !programs.contains(found) {
            if let name = Paths.relative(found.path, to: root) { mask.add(name, .whiteout) }
        }
        guard !mask.isEmpty else { return .tree(source: root, target: root, attributes: attributes) }
        let path = try mask.make(state)
        stamps += try PathStamp.all([path])
        return .overlay(layers: [path, root], target: root, attributes: attributes)
    }

    private mutating func addSettings() throws(LaunchError) {
        let settings = try SystemSettings(hasNetwork: policy.network.mode == .host)
        let path = try settings.make(state)
        stamps += try settings.stamps + PathStamp.all([path])
        steps.append(.tree(source: path, target: "/etc", attributes: Self.closed.union(.readOnly)))
        rules.append(LandlockRule(path: "/etc", grant: [.read]))
    }

    // MARK: places of the sandbox's own

    /// What of /proc tells about the host's hardware, kernel and keys. The rest of it is read-only, and what only root may
    /// read there is closed to every task, which is never root.
    private static let telling = [
        "acpi", "asound", "config.gz", "kallsyms", "kcore", "key-users", "keys", "latency_stats", "mtrr", "sched_debug",
        "scsi", "timer_list", "timer_stats",
    ]

    private mutating func addProcesses() throws(LaunchError) {
        let isMinimal = policy.hardening.proc == .minimal
        steps.append(.proc(target: "/proc", minimal: isMinimal))
        for name in isMinimal ? [] : Self.telling {
            guard let status = try status("/proc/\(name)"), status.permissions & 0o004 != 0 else { continue }
            steps.append(.hide(path: "/proc/\(name)", isDirectory: status.isDirectory))
        }
    }

    private mutating func addDevices() {
        // /dev/tty is whatever terminal controls the process that opens it: one of the sandbox's own, or none.
        for name in ["null", "zero", "full", "random", "urandom", "tty"] {
            // Devices work on this mount, and nothing else of it can be changed.
            let attributes: MountAttributes = [.readOnly, .noSetUserID, .noExecute]
            steps.append(.tree(source: "/dev/\(name)", target: "/dev/\(name)", attributes: attributes))
            rules.append(LandlockRule(path: "/dev/\(name)", grant: [.device]))
        }
        for (name, target) in [("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
            steps.append(.link(path: "/dev/\(name)", target: "/proc/self/\(target)"))
        }
        steps += [.terminals(target: "/dev/pts"), .link(path: "/dev/ptmx", target: "pts/ptmx")]
        rules.append(LandlockRule(path: "/dev/pts", grant: [.device]))
    }

    private mutating func addOwnPlaces() throws(LaunchError) {
        try addProcesses()
        rules.append(LandlockRule(path: "/proc", grant: [.read]))
        for (name, target) in [("tmp", "/tmp"), ("shm", "/dev/shm")] {
            steps.append(.scratch(name: name, target: target, mode: 0o1777, attributes: Self.closed))
            rules.append(LandlockRule(path: target, grant: [.read, .write]))
        }
        steps.append(.directory(path: "/run", mode: 0o755))
        steps.append(.directory(path: "/var", mode: 0o755))
        steps.append(.link(path: "/var/tmp", target: "/tmp"))
        rules.append(LandlockRule(path: "/", grant: [.list]))
    }

    // MARK: further places

    /// Places that may be read. Nothing in them can be executed or mapped executable unless a program on the list lies there.
    private mutating func addReadTrees() throws(LaunchError) {
        for place in policy.files.read {
            stamps += try PathStamp.all([place])
            guard let path = try real(place), !isShown(path) else { continue }
            let hasPrograms = programs.map { $0.paths.contains { Paths.isWithin($0, path) } } ?? true
            var attributes: MountAttributes = [.readOnly, .noSetUserID, .noDevices]
            if !hasPrograms { attributes.insert(.noExecute) }
            // Before it is searched: what is written there meanwhile would look like a change.
            if Paths.isWithin(state.path, path) { throw LaunchError.holdsState(path, state.path, "files.read") }
            let isDirectory = try status(path)?.isDirectory ?? false
            let masked = hasPrograms && isDirectory
            readTrees.append(
                masked
                    ? try tree(path, attributes: attributes) : .tree(source: path, target: path, attributes: attributes)
            )
            rules.append(LandlockRule(path: path, grant: programs == nil ? [.read, .execute] : [.read]))
        }
    }

    private func isShown(_ path: String) -> Bool {
        (steps + readTrees).contains { step in
            switch step {
            case .tree, .overlay: Paths.isWithin(path, step.target)
            default: false
            }
        }
    }

    /// Programs on the list that no task would find.
    var unseen: [String] { programs?.paths.filter { !isShown($0) } ?? [] }

    /// The second line behind the mask: execute permission for each program on the list, and for nothing else.
    private mutating func addExecutableRules() throws(LaunchError) {
        for path in programs?.paths ?? [] where isShown(path) {
            rules.append(LandlockRule(path: path, grant: [.execute]))
        }
    }

    private func status(_ path: String) throws(LaunchError) -> FileStatus? {
        do {
            return try FileStatus.of(path, follow: false)
        } catch {
            guard error.rawValue == ENOENT else { throw LaunchError(.failed, "policy", "\(path): \(error)") }
            return nil
        }
    }

    private func real(_ path: String) throws(LaunchError) -> String? {
        do {
            return try Files.path(of: try Files.reference(path))
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else {
                throw LaunchError(.failed, "policy", "files.read: \(path): \(error)")
            }
            return nil
        }
    }
}
