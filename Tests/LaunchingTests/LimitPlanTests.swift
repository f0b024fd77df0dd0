import Glibc
import Kernel
import Policy
import Records
import Testing

@testable import Launching

@Suite("The plan of the limits")
struct LimitPlanTests {
    private func planned(_ hasControllers: Bool, _ change: (inout Limits) -> Void = { _ in }) throws -> [Int32:
        PlannedLimit]
    {
        var limits = Limits()
        change(&limits)
        let planned = try LimitPlan.limits(limits, hasControllers: hasControllers)
        return Dictionary(uniqueKeysWithValues: planned.map { ($0.resource, $0) })
    }

    private func number(_ resource: __rlimit_resource) -> Int32 { Int32(resource.rawValue) }

    @Test("has a limit for each resource, and those for memory and time only where no controller counts them")
    func resources() throws {
        let rlimits = [RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CORE, __RLIMIT_NPROC].map(number)
        #expect(Set(try planned(true).keys) == Set(rlimits))
        #expect(Set(try planned(false).keys) == Set(rlimits + [RLIMIT_DATA, RLIMIT_CPU].map(number)))
        #expect(try planned(false) { $0.cpuTime = .seconds(0) }[number(RLIMIT_CPU)] == nil)
    }

    @Test("counts the sandbox's init as one process more")
    func processes() throws {
        #expect(try planned(false) { $0.processes = 7 }[number(__RLIMIT_NPROC)]?.soft == 8)
    }

    @Test("lets the controller refuse a process first, because that is counted")
    func countedProcesses() throws {
        let pids = ControlGroup.values(Limits()).first { $0.file == "pids.max" }
        let limit = try planned(true)[number(__RLIMIT_NPROC)]
        #expect(limit.map { "\($0.soft - 1)" } == pids?.value)
    }

    @Test("lets a task that ignores the signal for its time be killed after its grace, both rounded up")
    func time() throws {
        let limit = try planned(false) {
            ($0.cpuTime, $0.grace) = (TimeSpan(nanoseconds: 1_000_000_001), TimeSpan(nanoseconds: 1_500_000_000))
        }[number(RLIMIT_CPU)]
        #expect(limit?.soft == 2)
        #expect(limit?.hard == 4)
        let short = try planned(false) { ($0.cpuTime, $0.grace) = (.seconds(1), .seconds(0)) }[number(RLIMIT_CPU)]
        #expect(short?.hard == 2)
    }

    @Test("asks for nothing above what this process may have")
    func lowered() throws {
        let own = try Host.hardLimit(number(RLIMIT_NOFILE))
        let limit = try planned(true) { $0.openFiles = UInt64.max - 1 }[number(RLIMIT_NOFILE)]
        #expect(limit?.hard == min(own, UInt64.max - 1))
    }

    @Test("plans the largest quantities that a policy can have")
    func largest() throws {
        let planned = try planned(false) {
            ($0.cpuTime, $0.grace) = (TimeSpan(nanoseconds: .max), TimeSpan(nanoseconds: .max))
            ($0.memory, $0.fileSize, $0.core) = (ByteCount(.max), ByteCount(.max), ByteCount(.max))
            $0.processes = 4_194_304
        }
        for limit in planned.values { #expect(limit.soft <= limit.hard) }
    }

    @Test("says of each key of the table how it is enforced here", arguments: [true, false])
    func enforcement(hasControllers: Bool) {
        let lines = LimitPlan.enforcement(Limits(), hasControllers: hasControllers)
        let levels = Dictionary(uniqueKeysWithValues: lines.map { ($0.subject, $0.level) })
        #expect(levels["limits.memory"] == (hasControllers ? .enforced : .perProcess))
        #expect(levels["limits.cpu"] == (hasControllers ? .enforced : .notEnforced))
        #expect(levels["limits.cpu_time"] == (hasControllers ? .enforced : .perProcess))
        #expect(levels["limits.swap"] == (hasControllers ? .enforced : .notEnforced))
        #expect(levels["limits.processes"] == .enforced)
        #expect(levels["limits.open_files"] == .perProcess)
        #expect(levels["limits.wall"] == .enforced)
        #expect(lines.allSatisfy { !$0.means.isEmpty && !$0.wanted.isEmpty })
    }
}
