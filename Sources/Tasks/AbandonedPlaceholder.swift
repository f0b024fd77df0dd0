internal import Glibc
internal import Kernel
internal import Records

/// The files that stood in for missing names, of a task whose monitor died before it could take them away.
enum AbandonedPlaceholder {
    /// Removes those of a plan that are still there as they were made, and that no other task relies on.
    ///
    /// The task could write in the directories around them: no link is followed, and nothing but such a file is removed.
    static func remove(_ plan: LaunchPlan) throws(Errno) {
        for case (let source, let path)? in plan.mounts.map({ place($0, plan) }) {
            do throws(Errno) {
                try remove(path, below: source)
            } catch {
                // The host removed it, or put something else there.
                guard [ENOENT, ENOTDIR, ELOOP].contains(error.rawValue) else { throw error }
            }
        }
    }

    /// Where the name of a step is on the host: a directory that was handed over, and the path below it.
    private static func place(_ step: MountStep, _ plan: LaunchPlan) -> (source: String, path: String)? {
        let inside: String
        switch step {
        case .hide(let path, _), .pin(let path, _): inside = path
        default: return nil
        }
        guard plan.placeholders.contains(Paths.name(inside)) else { return nil }
        for case .handed(let tree, let target, _) in plan.mounts {
            if let below = Paths.relative(inside, to: target), !below.isEmpty { return (tree.source, below) }
        }
        return nil
    }

    private static func remove(_ path: String, below source: String) throws(Errno) {
        let root = try Files.open(source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let above = Paths.parent("/" + path) ?? "/"
        let parent = try Files.openBeneath(
            root.number, above == "/" ? "." : String(above.dropFirst()), O_RDONLY | O_DIRECTORY, noSymbolicLinks: true)
        // Without waiting, should the name be a FIFO by now.
        let name = Paths.name(path)
        let file = try Files.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: parent.number)
        guard PlaceholderFile.isOne(try FileStatus.of(file.number)) else { return }
        try PlaceholderFile.remove(file.number, name, at: parent.number)
    }
}
