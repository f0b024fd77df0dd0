internal import Glibc
internal import Kernel
internal import Policy
internal import Records

/// The places of a task besides the system: workspace, home, what the policy lets it read and write, what it hides.
///
/// Directories are opened here, once, and travel as descriptors: nobody can swap one for another afterwards.
struct PlacePlan {
    /// A tree that is attached, and the descriptor that travels with it.
    private struct Place {
        let target: String
        let step: MountStep
        let descriptor: SharedDescriptor?

        var isWritable: Bool {
            if case .handed(_, _, let attributes) = step { !attributes.contains(.readOnly) } else { false }
        }

        var isAtItsSource: Bool {
            if case .handed(let tree, let target, _) = step { tree.source == target } else { false }
        }
    }

    private var places: [Place] = []
    private var covers: [MountStep] = []
    /// Files that stand in for missing names.
    private(set) var placeholders: [Placeholder] = []
    /// Patterns for whose new names somebody looks after the end; nil: there are none.
    private(set) var watched: WatchedNames?
    /// Landlock rules over the places.
    private(set) var rules: [LandlockRule] = []
    private let policy: EffectivePolicy
    private let workspace: Workspace?
    private let state: String

    /// Opens every place.
    ///
    /// - Parameter state: Path of the state directory, which `{state}` stands for.
    init(_ compiled: CompiledPolicy, workspace: Workspace?, state: String) throws(LaunchError) {
        policy = compiled.policy
        self.workspace = workspace
        self.state = state
        try addHome()
        for tree in compiled.readTrees {
            places.append(Place(target: tree.target, step: tree, descriptor: nil))
        }
        if let workspace, !policy.files.write.contains("{workspace}") {
            try add(workspace.path, writable: false)
        }
        for pattern in policy.files.write {
            if let path = expanded(pattern) { try add(path, writable: true) }
        }
        // A place is attached before those inside it.
        places.sort { (Paths.components($0.target).count, $0.target) < (Paths.components($1.target).count, $1.target) }
        for place in places { try refuseState(in: place) }
        do throws(LaunchError) {
            try addCovers(compiled.view)
        } catch {
            throw undone(error)
        }
    }

    /// A failure after which the placeholders are taken away again.
    func undone(_ error: LaunchError) -> LaunchError { placeholders.reduce(error) { $0.undoing($1.remove) } }

    /// Steps that attach the places and cover what is hidden or protected, in order.
    var steps: [MountStep] { places.map(\.step) + covers }

    /// The descriptors of the `handed` steps, in their order.
    var descriptors: [Int32] { places.compactMap { $0.descriptor?.number } }

    /// The state directory holds the plans of all tasks with their environments, and layers of the view, which no overlay can
    /// have below itself (ELOOP).
    private func refuseState(in place: Place) throws(LaunchError) {
        let (source, key): (String, String)
        switch place.step {
        case .handed(let tree, _, _): (source, key) = (tree.source, "files.write")
        case .tree(let tree, _, _): (source, key) = (tree, "files.read")
        case .overlay(let layers, _, _): (source, key) = (layers.last ?? "", "files.read")
        default: return
        }
        let real = try on(source) { () throws(Errno) in
            if let opened = place.descriptor { return try Files.path(of: opened.number) }
            return try Files.path(of: try Files.reference(source))
        }
        if Paths.isWithin(state, real) { throw LaunchError.holdsState(source, state, key) }
    }

    /// A place of the policy with its placeholder filled in; nil: it needs a workspace and there is none.
    private func expanded(_ place: String) -> String? {
        if place.hasPrefix("{workspace}") { return workspace.map { $0.path + place.dropFirst("{workspace}".count) } }
        return place.hasPrefix("{state}") ? state + place.dropFirst("{state}".count) : place
    }

    private mutating func addHome() throws(LaunchError) {
        guard policy.files.home != "fresh" else {
            let attributes: MountAttributes = [.noSetUserID, .noDevices, .noExecute]
            let step = MountStep.scratch(name: "home", target: TaskIdentity.home, mode: 0o700, attributes: attributes)
            places.append(Place(target: TaskIdentity.home, step: step, descriptor: nil))
            return rules.append(LandlockRule(path: TaskIdentity.home, grant: [.read, .write]))
        }
        guard let path = expanded(policy.files.home) else {
            throw LaunchError(
                .failed, "files.home", "files.home = \"\(policy.files.home)\" needs a workspace, and there is none",
                remedy: "name one with --workspace DIR")
        }
        try on(path) { () throws(Errno) in try Files.makeDirectories(path) }
        try add(path, at: TaskIdentity.home, writable: true)
    }

    private mutating func add(_ path: String, at target: String? = nil, writable: Bool) throws(LaunchError) {
        guard descriptors.count < HandedTree.limit else {
            throw LaunchError(
                .failed, "files.write", "there are more than \(HandedTree.limit) writable places",
                remedy: "name a directory that has several of them below it")
        }
        let opened = try open(path)
        let number = opened.number
        let status = try on(path) { () throws(Errno) in try FileStatus.of(number) }
        let isExecutable = policy.files.execute.contains { expanded($0).map { Paths.isWithin(path, $0) } ?? false }
        var attributes: MountAttributes = [.noSetUserID, .noDevices]
        if !isExecutable { attributes.insert(.noExecute) }
        if !writable { attributes.insert(.readOnly) }
        let tree = HandedTree(source: path, owner: status.owner, group: status.group)
        let step = MountStep.handed(tree, target: target ?? path, attributes: attributes)
        places.append(Place(target: target ?? path, step: step, descriptor: SharedDescriptor(opened)))
        var grant: LandlockGrant = writable ? [.read, .write] : [.read]
        if isExecutable { grant.insert(.execute) }
        rules.append(LandlockRule(path: target ?? path, grant: grant))
    }

    private func open(_ path: String) throws(LaunchError) -> Descriptor {
        let workspace = self.workspace
        return try on(path, remedy: "make the directory, or take it out of files.write") { () throws(Errno) in
            if let workspace, workspace.path == path { return try workspace.directory.duplicate() }
            return try Files.open(path, O_RDONLY | O_DIRECTORY)
        }
    }

    /// Covers hidden names and pins protected ones, with every directory above them: a name that is a mount point, or has
    /// one above it that is, can't be moved away.
    private mutating func addCovers(_ view: [MountStep]) throws(LaunchError) {
        let (hide, protect) = (
            policy.files.hide.compactMap { expanded($0) }, policy.files.protect.compactMap { expanded($0) }
        )
        try addPlaceholders(hide + protect)
        let roots = places.filter(\.isWritable).map(\.target)
        let toHide = try CoveredPath.find(hide, .hide, below: places.map(\.target)).paths
        let toProtect = try CoveredPath.find(protect, .protect, below: roots)
        watch(protect, toProtect.matches)
        let hidden = Set(toHide.filter { isShown($0.path, view) })
        let reserved = placeholders.map { CoveredPath(path: $0.path, isDirectory: false) }
        // What lies in no writable place can't be changed anyway.
        let protected = Set(toProtect.paths + reserved).subtracting(hidden)
            .filter { found in roots.contains { Paths.isWithin(found.path, $0) } }
        let above = hidden.union(protected).reduce(into: Set<CoveredPath>()) { above, found in
            for root in roots where Paths.isWithin(found.path, root) {
                let directories = Paths.ancestors(found.path).filter { $0 != root && Paths.isWithin($0, root) }
                above.formUnion(directories.map { CoveredPath(path: $0, isDirectory: true) })
            }
        }
        covers = Self.sorted(above).map { .pin(path: $0.path, readOnly: false) }
        covers += Self.sorted(protected).map { .pin(path: $0.path, readOnly: true) }
        covers += Self.sorted(hidden).map { .hide(path: $0.path, isDirectory: $0.isDirectory) }
    }

    /// What a pattern with a `*` stands for is covered as it is now: somebody has to look again after the end.
    private mutating func watch(_ patterns: [String], _ matches: [String]) {
        let patterns = patterns.filter { $0.contains("*") }
        // A home that is kept lies elsewhere on the host.
        let roots = places.filter { $0.isWritable && $0.isAtItsSource }.map(\.target)
        guard !patterns.isEmpty, !roots.isEmpty else { return }
        let known = matches.filter { path in roots.contains { Paths.isWithin(path, $0) } }
        watched = WatchedNames(patterns: patterns, roots: roots, known: known)
    }

    /// A directory comes before what lies in it.
    private static func sorted(_ paths: Set<CoveredPath>) -> [CoveredPath] { paths.sorted { $0.path < $1.path } }

    /// Whether the task would see a name of the host: in one of its places, or in the part of the view that all tasks have.
    private func isShown(_ path: String, _ view: [MountStep]) -> Bool {
        (view + places.map(\.step)).contains { step in
            switch step {
            case .tree(let source, let target, _): source == target && Paths.isWithin(path, target)
            case .overlay(_, let target, _), .handed(_, let target, _): Paths.isWithin(path, target)
            default: false
            }
        }
    }

    /// A literal name that is missing gets a placeholder where the task could make it.
    private mutating func addPlaceholders(_ paths: [String]) throws(LaunchError) {
        for path in paths where !path.contains("*") {
            let writable = places.filter { $0.isWritable && Paths.isWithin(path, $0.target) }
            guard let root = writable.max(by: { $0.target.utf8.count < $1.target.utf8.count }), path != root.target,
                let directory = root.descriptor
            else { continue }
            guard !placeholders.contains(where: { $0.path == path }) else { continue }
            if let placeholder = try Placeholder.claim(path, below: root.target, directory.number) {
                placeholders.append(placeholder)
            }
        }
    }
}
