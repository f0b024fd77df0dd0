import Kernel
import Records

/// The processor time that all processes of a task may use together, where they are in a control group that counts it.
///
/// Nobody polls: before what is left divided by the number of cores has passed, it can't be used up.
struct CPUBudget {
    /// When to look, on the monotonic clock.
    private(set) var deadline: UInt64
    private let group: Int32
    private let limit: UInt64
    private let thousandthsOfCores: UInt64

    /// The kernel counts at its ticks, of which there are a hundred a second at least.
    private static let moment: UInt64 = 10_000_000

    /// A budget that begins now; nil: there is no limit, or nothing that counts.
    init?(_ plan: LaunchPlan, _ group: Int32?, now: UInt64) {
        guard let group, plan.deadlines.cpuTime > 0, let cores = Self.cores(plan.cgroup) else { return nil }
        (self.group, limit, thousandthsOfCores) = (group, plan.deadlines.cpuTime, max(1, cores))
        deadline = now
        deadline = now + shortest(limit)
    }

    /// Thousandths of cores, from the two numbers of cpu.max.
    private static func cores(_ cgroup: PlannedCgroup?) -> UInt64? {
        let words = cgroup?.values.first { $0.file == "cpu.max" }?.value.split(separator: " ") ?? []
        guard words.count == 2, let quota = UInt64(words[0]), let period = UInt64(words[1]), period > 0 else {
            return nil
        }
        return quota * 1000 / period
    }

    private func shortest(_ left: UInt64) -> UInt64 {
        max(Self.moment, left / thousandthsOfCores * 1000)
    }

    /// Whether it is used up, looked at when it is time.
    mutating func isUsedUp(now: UInt64) throws(Errno) -> Bool {
        guard now >= deadline else { return false }
        let used = try GroupAccounts.cpuTime(group) ?? 0
        deadline = used < limit ? now + shortest(limit - used) : .max
        return used >= limit
    }
}
