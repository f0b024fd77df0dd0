internal import Glibc
internal import Kernel
internal import Policy
internal import Records
internal import Tasks

/// The control group of one task, made with its limits before anything is cloned into it.
final class ControlGroup {
    /// The group's directory.
    let directory: SharedDescriptor
    /// The directory above it, in which the monitor removes it at the end.
    let parent: SharedDescriptor
    /// What the plan says of it.
    let plan: PlannedCgroup
    private let id: TaskID
    private let path: String
    private let state: StateDirectory

    /// Makes the group of a task, and notes in the state directory that it did until there is a plan that says so.
    ///
    /// - Parameter rates: Values of io.max.
    /// - Throws: A limit that the kernel does not take, or above what the parent has.
    init(_ tree: ControlGroupTree, _ id: TaskID, _ limits: Limits, _ rates: [CgroupValue], _ state: StateDirectory)
        throws(LaunchError)
    {
        let path = "\(tree.tasks)/\(id)"
        (self.id, self.path, self.state) = (id, path, state)
        parent = try Self.opened(tree.tasks)
        try on("noting the group of a task") { () throws(Errno) in try UnplannedGroup.note(id, path, state) }
        do throws(LaunchError) {
            try on(path) { () throws(Errno) in try Files.makeDirectory(path, mode: 0o755) }
            directory = try Self.opened(path)
            var values: [CgroupValue] = []
            for value in Self.values(limits) + rates where try Self.set(value, path) { values.append(value) }
            plan = PlannedCgroup(path: "\(tree.tasksPath)/\(id)", values: values)
        } catch {
            throw error.undoing { () throws(LaunchError) in
                try on(path) { () throws(Errno) in try UnplannedGroup.remove(id, path, state) }
            }
        }
    }

    private static func opened(_ path: String) throws(LaunchError) -> SharedDescriptor {
        SharedDescriptor(try on(path) { () throws(Errno) in try Files.open(path, O_RDONLY | O_DIRECTORY) })
    }

    /// The task has a directory with a plan: from now on, that is what tells whose group this is.
    func isPlanned() throws(LaunchError) {
        try on(plan.path) { () throws(Errno) in try UnplannedGroup.forget(id, state) }
    }

    /// What the kernel is asked for. Init is one of the processes.
    static func values(_ limits: Limits) -> [CgroupValue] {
        let period: UInt64 = 100_000
        return [
            CgroupValue(file: "memory.max", value: pages(limits.memory)),
            CgroupValue(file: "memory.swap.max", value: pages(limits.swap)),
            CgroupValue(file: "memory.oom.group", value: "1"),
            CgroupValue(file: "pids.max", value: "\(limits.processes + 1)"),
            CgroupValue(file: "cpu.max", value: "\(limits.cpu.thousandths * period / 1000) \(period)"),
            CgroupValue(file: "cgroup.max.descendants", value: "0"),
        ]
    }

    /// Memory is counted in pages, and what would be more than all that can be addressed is no limit (mm/page_counter.c).
    private static func pages(_ size: ByteCount) -> String {
        let page = Host.pageSize
        return size.bytes / page < UInt64(Int64.max) / page ? "\(size.bytes / page * page)" : "max"
    }

    /// Sets one value; false where the kernel has no such file, which only swap accounting may lack.
    private static func set(_ value: CgroupValue, _ path: String) throws(LaunchError) -> Bool {
        do {
            try ControlGroupTree.write("\(path)/\(value.file)", value.value)
            return true
        } catch {
            if error.rawValue == ENOENT, value.file == "memory.swap.max" { return false }
            throw LaunchError(
                .failed, "limits", "the kernel does not take \(value.file) = \(value.value): \(error)",
                remedy: "change the limit in the policy")
        }
    }

    /// Takes it away again: nothing was started in it.
    func remove() throws(LaunchError) {
        try on(path) { () throws(Errno) in try UnplannedGroup.remove(id, path, state) }
    }
}
