internal import Glibc
internal import Kernel

/// The subtree of cgroup v2 under which tasks are placed, as far as the host has delegated one with its controllers.
///
///     <base>/supervisor           this process, where it is the only one in the base
///     <base>/monitors/<tenant>    monitors: they outlive a service that is restarted, and are charged to their tenant
///     <base>/tasks/<tenant>/<id>  tasks
///
/// A group with processes of its own can't hand controllers down (cgroups(7), "no internal processes"): hence the leaf for
/// the front end. Source: cgroup-v2.rst of the kernel.
struct ControlGroupTree {
    /// The directory in which each task gets a group.
    let tasks: String
    /// The group of their monitors.
    let monitors: String
    /// The same as /proc/PID/cgroup shows it.
    let tasksPath: String

    /// What was found: a tree, or why there is none.
    enum Finding {
        case tree(ControlGroupTree)
        case missing(String, remedy: String)

        /// Why there is none; nil: there is one.
        var missing: String? {
            if case .missing(let why, _) = self { why } else { nil }
        }

        /// How one can be had; empty where there is one.
        var remedy: String {
            if case .missing(_, let remedy) = self { remedy } else { "" }
        }
    }

    private static let unified = "boot with systemd.unified_cgroup_hierarchy=1 (and cgroup_no_v1=all without systemd)"
    private static let delegation =
        Host.user == 0
        ? "name a group of its own in cgroup.parent, such as /sys/fs/cgroup/caisson, or start it as a systemd service with "
            + "Delegate=yes, DelegateSubgroup=supervisor (systemd 254) and KillMode=process"
        : "start it with: systemd-run --user --scope -p Delegate=yes -- caisson ..."

    /// What every task's limits need.
    private static let needed = ["memory", "pids", "cpu"]
    private static let tenant = "default"

    /// Finds the subtree.
    ///
    /// - Parameters:
    ///   - parent: `cgroup.parent` of the policy: `auto`, or an absolute path.
    ///   - prepares: Whether groups that are missing are made; otherwise nothing is changed, and what is found is what a launch
    ///     would try.
    static func find(_ parent: String, prepares: Bool = true) throws(LaunchError) -> Finding {
        do {
            guard let root = try root() else {
                return .missing("no cgroup v2 hierarchy is mounted on /sys/fs/cgroup", remedy: unified)
            }
            guard try lists("\(root)/cgroup.controllers", needed) else {
                return .missing(
                    "the controllers are mounted as cgroup v1, not in the unified hierarchy", remedy: unified)
            }
            let own = try ownPath()
            guard !own.contains("..") else {
                return .missing("this process is outside of the cgroup hierarchy that it sees", remedy: delegation)
            }
            guard parent == "auto" || (Paths.isWithin(parent, root) && parent != root) else {
                return .missing("cgroup.parent = \"\(parent)\" is no group below \(root)", remedy: delegation)
            }
            let base = parent == "auto" ? base(root, own) : parent
            return prepares ? try prepared(base, root) : try examined(base, root)
        } catch {
            return .missing(
                "\(parent == "auto" ? "the cgroup of this process" : parent) can't be used: \(error)",
                remedy: delegation)
        }
    }

    /// Whether this host may have a group for a task: the kernel offers the controllers in the unified hierarchy.
    static var isConceivable: Bool {
        do {
            return try root().map { (root) throws(Errno) in try lists("\(root)/cgroup.controllers", needed) } ?? false
        } catch {
            // It is found out in words when the policy is known.
            return true
        }
    }

    /// Root's own processes may be anywhere; elsewhere, this process's group, or the one above its leaf.
    static func base(_ root: String, _ own: String) -> String {
        if own == "/" { return "\(root)/caisson" }
        return root + (own.hasSuffix("/supervisor") ? String(own.dropLast("/supervisor".utf8.count)) : own)
    }

    private static func root() throws(Errno) -> String? {
        for path in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] where try isThere("\(path)/cgroup.controllers") {
            return path
        }
        return nil
    }

    private static func ownPath() throws(Errno) -> String {
        let lines = try text("/proc/self/cgroup").split(separator: "\n")
        return lines.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? "/"
    }

    private static func tree(_ base: String, _ root: String) -> ControlGroupTree {
        let tasks = "\(base)/tasks/\(tenant)"
        return ControlGroupTree(
            tasks: tasks, monitors: "\(base)/monitors/\(tenant)", tasksPath: String(tasks.dropFirst(root.utf8.count)))
    }

    private static func lacksControllers(_ base: String) throws(Errno) -> Finding? {
        guard try isThere(base), !(try lists("\(base)/cgroup.controllers", needed)) else { return nil }
        return .missing(
            "\(base) was not given all of these controllers: \(needed.joined(separator: ", "))", remedy: delegation)
    }

    private static func isShared(_ base: String) -> Finding {
        .missing("\(base) holds processes besides this one, and can't hand its controllers down", remedy: delegation)
    }

    /// What a launch would find, as far as that can be seen without making anything.
    private static func examined(_ base: String, _ root: String) throws(Errno) -> Finding {
        if let missing = try lacksControllers(base) { return missing }
        let tree = Self.tree(base, root)
        if try isThere(tree.monitors), try lists("\(tree.tasks)/cgroup.subtree_control", needed) { return .tree(tree) }
        let isMade = try isThere(base)
        try Files.checkWritable(isMade ? base : Paths.parent(base) ?? root)
        if isMade { guard try isAlone(base) else { return isShared(base) } }
        return .tree(tree)
    }

    private static func prepared(_ base: String, _ root: String) throws(Errno) -> Finding {
        let tree = Self.tree(base, root)
        let (tasks, monitors) = (tree.tasks, tree.monitors)
        if let missing = try lacksControllers(base) { return missing }
        // The usual case: an earlier launch has prepared everything.
        if try isThere(monitors), try isThere(tasks), try lists("\(tasks)/cgroup.subtree_control", needed) {
            return .tree(tree)
        }
        if !(try isThere(base)) {
            try enable(Paths.parent(base) ?? root)
            try make(base)
        }
        guard try leave(base) else { return isShared(base) }
        for group in [base, "\(base)/monitors", "\(base)/tasks", tasks] {
            try make(group)
            try enable(group)
        }
        try make(monitors)
        return .tree(tree)
    }

    /// Hands the io controller down as well, which only policies with `limits.io` need.
    func handDownIO() throws(LaunchError) {
        let middle = Paths.parent(tasks) ?? tasks
        let base = Paths.parent(middle) ?? middle
        do throws(Errno) {
            // A group of that name was made here, below the root, where nobody has delegated anything.
            let isThere = try Self.lists("\(base)/cgroup.controllers", ["io"])
            let above = isThere || Paths.name(base) != "caisson" ? [] : [Paths.parent(base) ?? base]
            for group in above + [base, middle, tasks] {
                let file = "\(group)/cgroup.subtree_control"
                if !(try Self.lists(file, ["io"])) { try Self.write(file, "+io") }
            }
        } catch {
            throw LaunchError(
                .failed, "limits.io", "the io controller can't be used below \(base): \(error)",
                remedy: "delegate it as well, or leave limits.io out")
        }
    }

    /// Whether nobody but this process is in a group.
    private static func isAlone(_ base: String) throws(Errno) -> Bool {
        try text("\(base)/cgroup.procs").split(separator: "\n").allSatisfy { $0 == "\(getpid())" }
    }

    /// Moves this process into a leaf; false if others are in the group as well, which are not ours to move.
    private static func leave(_ base: String) throws(Errno) -> Bool {
        guard try isAlone(base) else { return false }
        if try text("\(base)/cgroup.procs").isEmpty { return true }
        try make("\(base)/supervisor")
        try write("\(base)/supervisor/cgroup.procs", "\(getpid())")
        return true
    }

    private static func enable(_ group: String) throws(Errno) {
        if try lists("\(group)/cgroup.subtree_control", needed) { return }
        try write("\(group)/cgroup.subtree_control", needed.map { "+\($0)" }.joined(separator: " "))
    }

    static func make(_ group: String) throws(Errno) {
        do {
            try Files.makeDirectory(group, mode: 0o755)
        } catch {
            guard error.rawValue == EEXIST else { throw error }
        }
    }

    static func write(_ path: String, _ value: String) throws(Errno) {
        let file = try Files.open(path, O_WRONLY)
        try Transfer.write(file.number, value)
    }

    static func text(_ path: String) throws(Errno) -> String {
        String(decoding: try Files.contents(path, limit: 1 << 20), as: UTF8.self)
    }

    private static func lists(_ path: String, _ words: [String]) throws(Errno) -> Bool {
        let found = Set(try text(path).split { $0 == " " || $0 == "\n" }.map(String.init))
        return words.allSatisfy(found.contains)
    }

    static func isThere(_ path: String) throws(Errno) -> Bool {
        do {
            _ = try FileStatus.of(path)
            return true
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENOTDIR else { throw error }
            return false
        }
    }
}
