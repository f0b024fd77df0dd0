internal import Glibc
internal import Kernel
public import Launching
internal import Policy
internal import Records
public import Tasks

/// What compiled policies leave behind when they are made again: records that nobody will use, and layers that no record and
/// no running task refers to.
///
/// A layer hides programs from the tasks that have it in their view, so it stays as it is while one of them runs. It loses its
/// name first: from then on no launch can take it, and whoever took it before is found among the running tasks. A launch that
/// read its policy before and finds the layer gone fails, and nothing worse; for its sake a layer has to be out of use for a
/// while before.
public struct UnusedLayers {
    private let state: StateDirectory
    private let layers: Int32
    private let names: [String]

    /// The beginning of the name of an empty file that says since when a layer is out of use.
    static let mark = ".unused-"
    private static let removed = ".old-"
    private static let unfinished = ".new-"
    /// How long a layer has to be out of use, in nanoseconds.
    private static let patience: Int64 = 3_600_000_000_000

    /// Removes what can be removed; a sweep of another front end at the same time is left to that one.
    ///
    /// - Returns: How many layers were removed.
    @discardableResult
    public static func remove(_ state: StateDirectory) throws(LaunchError) -> Int {
        // Made where no policy was compiled yet; the lock lives as long as this descriptor.
        let layers = try launching { () throws(TaskError) in try state.subdirectory("layers") }
        let number = layers.number
        guard try on("\(state.path)/layers", { () throws(Errno) in try Files.lock(number) }) else { return 0 }
        return try UnusedLayers(state, number).remove()
    }

    private init(_ state: StateDirectory, _ layers: Int32) throws(LaunchError) {
        (self.state, self.layers) = (state, layers)
        names = try on("\(state.path)/layers") { () throws(Errno) in try Files.names(in: ".", at: layers) }
    }

    private func remove() throws(LaunchError) -> Int {
        let used = Self.names(in: try CompiledPolicyCache.current(state).flatMap { $0.view + $0.readTrees })
        return try on("\(state.path)/layers") { () throws(Errno) in
            for name in names where name.hasPrefix(Self.unfinished) {
                if try age(name) > Self.patience { try Files.removeTree(name, at: layers) }
            }
            for name in names where Self.isLayer(name) {
                guard try isExpired(name, used) else { continue }
                // There may be an earlier one of the same name in the view of a task that still runs.
                let hidden = "\(Self.removed)\(name)-\(Hexadecimal.text(try Host.random(8)))"
                try Files.rename(name, to: hidden, at: layers)
                try Files.removeTree(Self.mark + name, at: layers)
            }
            return try removeNameless()
        }
    }

    private static func isLayer(_ name: String) -> Bool {
        name.utf8.count == 64 && name.utf8.allSatisfy(Hexadecimal.isDigit)
    }

    /// Whether a layer has been out of use for long enough; one that is only now found so is marked.
    private func isExpired(_ name: String, _ used: Set<String>) throws(Errno) -> Bool {
        let mark = Self.mark + name
        guard !used.contains(name) else {
            try Files.removeTree(mark, at: layers)
            return false
        }
        guard names.contains(mark) else {
            _ = try Files.open(mark, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600, at: layers)
            return false
        }
        return try age(mark) > Self.patience
    }

    /// Nanoseconds since the last change; 0 for what is gone.
    private func age(_ name: String) throws(Errno) -> Int64 {
        do throws(Errno) {
            return Clock.now() - (try FileStatus.of(name, at: layers, follow: false).modified)
        } catch {
            guard error.rawValue == ENOENT else { throw error }
            return 0
        }
    }

    /// Removes those that have lost their names, now or in an earlier sweep, but for those of running tasks.
    private func removeNameless() throws(Errno) -> Int {
        let nameless = try Files.names(in: ".", at: layers).filter { $0.hasPrefix(Self.removed) }
        guard !nameless.isEmpty, let running = try usedByTasks() else { return 0 }
        var count = 0
        for hidden in nameless {
            guard !running.contains(String(hidden.dropFirst(Self.removed.count).prefix(64))) else { continue }
            try Files.removeTree(hidden, at: layers)
            count += 1
        }
        return count
    }

    /// The layers in the views of tasks that run; nil: there is one whose plan can't be read.
    private func usedByTasks() throws(Errno) -> Set<String>? {
        var used: Set<String> = []
        do throws(TaskError) {
            for id in try state.taskIDs() { used.formUnion(try usedByTask(id)) }
            return used
        } catch {
            return nil
        }
    }

    private func usedByTask(_ id: TaskID) throws(TaskError) -> Set<String> {
        do throws(TaskError) {
            let task = try TaskDirectory(state, id)
            return try task.isHeld() ? Self.names(in: try task.plan().mounts) : []
        } catch {
            // It was pruned in the meantime.
            guard case .unknownTask = error else { throw error }
            return []
        }
    }

    private static func names(in steps: [MountStep]) -> Set<String> {
        var names: Set<String> = []
        for step in steps {
            switch step {
            case .tree(let source, _, _): names.insert(Paths.name(source))
            case .overlay(let layers, _, _): names.formUnion(layers.map(Paths.name))
            default: continue
            }
        }
        return names
    }
}
