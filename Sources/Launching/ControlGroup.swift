internal import Glibc
internal import Kernel
internal import Policy
internal import Records

/// The control group of one task, made with its limits before anything is cloned into it.
final class ControlGroup {
    /// The group's directory.
    let directory: SharedDescriptor
    /// The directory above it, in which the monitor removes it at the end.
    let parent: SharedDescriptor
    /// What the plan says of it.
    let plan: PlannedCgroup
    private let name: String

    /// Makes the group of a task.
    ///
    /// - Throws: A limit that the kernel does not take, or above what the parent has.
    init(_ tree: ControlGroupTree, _ id: TaskID, _ limits: Limits) throws(LaunchError) {
        name = id.text
        let path = "\(tree.tasks)/\(id)"
        parent = SharedDescriptor(
            try on(tree.tasks) { () throws(Errno) in try Files.open(tree.tasks, O_RDONLY | O_DIRECTORY) })
        try on(path) { () throws(Errno) in try Files.makeDirectory(path, mode: 0o755) }
        do throws(LaunchError) {
            directory = SharedDescriptor(
                try on(path) { () throws(Errno) in try Files.open(path, O_RDONLY | O_DIRECTORY) })
            var values: [CgroupValue] = []
            for value in Self.values(limits) where try Self.set(value, path) { values.append(value) }
            plan = PlannedCgroup(path: "\(tree.tasksPath)/\(id)", values: values)
        } catch {
            throw error.undoing { () throws(LaunchError) in
                try on(path) { () throws(Errno) in try Files.remove(path, isDirectory: true) }
            }
        }
    }

    /// What the kernel is asked for. Memory is counted in pages; init is one of the processes.
    static func values(_ limits: Limits) -> [CgroupValue] {
        let period: UInt64 = 100_000
        return [
            CgroupValue(file: "memory.max", value: "\(limits.memory.bytes / 4096 * 4096)"),
            CgroupValue(file: "memory.swap.max", value: "\(limits.swap.bytes / 4096 * 4096)"),
            CgroupValue(file: "memory.oom.group", value: "1"),
            CgroupValue(file: "pids.max", value: "\(limits.processes + 1)"),
            CgroupValue(file: "cpu.max", value: "\(limits.cpu.thousandths * period / 1000) \(period)"),
            CgroupValue(file: "cgroup.max.descendants", value: "0"),
        ]
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
        try on(plan.path) { () throws(Errno) in try Files.remove(name, at: parent.number, isDirectory: true) }
    }
}
