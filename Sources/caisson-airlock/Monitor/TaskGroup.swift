import Glibc
import Kernel
import Records

/// The task's control group when its init has ended: what is in it is killed, what it counted is taken over, and it goes.
struct TaskGroup {
    private let directory: Int32
    private let parent: Int32
    private let name: String
    private let memory: String?

    /// Nanoseconds until what does not die is given up.
    private static let patience: UInt64 = 10_000_000_000

    /// The group that the front end made; nil: there is none.
    init?(_ plan: LaunchPlan, _ inherited: Inheritance) {
        guard let cgroup = plan.cgroup, let directory = inherited.cgroup, let parent = inherited.cgroupParent else {
            return nil
        }
        (self.directory, self.parent, name) = (directory, parent, plan.task.text)
        memory = cgroup.values.first { $0.file == "memory.max" }.flatMap { UInt64($0.value) }.map(ByteText.exact)
    }

    /// Ends the group, and writes into the record what it knows.
    func conclude(_ record: inout EndRecord) throws(Errno) {
        do {
            guard try empty(&record) else { return }
            try account(&record)
            try Files.remove(name, at: parent, isDirectory: true)
        } catch {
            guard error.rawValue == ENOENT || error.rawValue == ENODEV else { throw error }
            record.detail = "somebody else removed its cgroup"
        }
    }

    /// False if something is still there. Init took everything of its namespace with it: what is left was put here from
    /// outside, and is of the task all the same.
    private func empty(_ record: inout EndRecord) throws(Errno) -> Bool {
        let left = try ControlGroupEnd.processes(directory)
        if !left.isEmpty {
            try ControlGroupEnd.kill(directory)
            let killed = record.proof?.killed ?? 0
            record.proof?.killed = killed + Int32(clamping: left.count)
        }
        guard try ControlGroupEnd.awaitEmptiness(directory, until: Clock.monotonic() + Self.patience) else {
            record.giveUp(try ControlGroupEnd.processes(directory))
            return false
        }
        record.proof?.kind = .cgroupEmpty
        record.proof?.at = Clock.now()
        return true
    }

    private func account(_ record: inout EndRecord) throws(Errno) {
        let accounts = try GroupAccounts(directory)
        (record.peakMemory, record.peakProcesses) = (accounts.peakMemory, accounts.peakProcesses)
        (record.throttledTime, record.refusedForks) = (accounts.throttledTime, accounts.refusedForks)
        record.cpuTime = accounts.cpuTime ?? record.cpuTime
        guard accounts.killedForMemory > 0, record.signal == SIGKILL, record.status == .signaled else { return }
        (record.status, record.cause) = (.outOfMemory, "memory")
        // The kernel kills here, too, for the limit of a group above or for want of any memory.
        record.limit = accounts.reachedMemoryLimit ? memory : nil
        let peak = accounts.peakMemory.map { ", peak \(ByteText.exact($0))" } ?? ""
        record.detail = "all of it was killed, \(accounts.killedForMemory) processes\(peak)"
    }
}

extension EndRecord {
    /// Something does not die: the task has not ended, and is not said to have.
    mutating func giveUp(_ processes: [Int32]) {
        (status, cause, limit, proof, signal) = (.lost, "unkillable", nil, nil, nil)
        detail = "still there: \(processes.map { "\($0)" }.joined(separator: " "))"
    }
}
