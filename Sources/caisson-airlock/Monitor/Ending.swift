import Glibc
import Kernel
import Records

/// How a task comes to its end: a pure value, told what happens, that says what to do and, at last, how it ended.
struct Ending {
    /// What the monitor does next.
    enum Action: Equatable {
        /// Send this signal to the task's process group.
        case signalTask(Int32)
        /// Tell init to kill everything.
        case killAll
        /// Init did not do it: kill init itself, and the kernel kills the rest.
        case killInit
    }

    private enum Phase { case running, asked, killing, killingInit }

    /// A step that failed: of the launch, or of the monitor while the task ran.
    private struct Failure {
        let stage: Stage
        let errno: Int32
        let index: Int32
        let hasRun: Bool
    }

    private var phase = Phase.running
    private(set) var deadline: UInt64?
    private let grace: UInt64
    private var order: (status: TaskStatus, cause: String, by: String?, limit: String?)?
    private var failure: Failure?
    private var main: (status: Int32, killed: Int32, at: UInt64)?
    private var isStarted = false
    private var isSilent = false
    /// Whether something could not be killed: nothing has ended then.
    private(set) var gaveUp = false
    /// How many processes there were when init had to be killed, where somebody can count them.
    var counted: Int32?

    /// How long init gets to kill and reap everything before it is killed itself.
    private static let killTime: UInt64 = 2_000_000_000
    /// How long the kernel gets after that: ten seconds in all.
    private static let lastTime: UInt64 = 8_000_000_000
    /// How long a launch may take: it takes milliseconds. Whatever it waits for then is not coming.
    private static let launchTime: UInt64 = 60_000_000_000

    /// What of the plan a step with an index was about.
    private let subject: (Stage, Int) -> String

    init(grace: UInt64, now: UInt64, subject: @escaping (Stage, Int) -> String) {
        self.grace = grace
        deadline = now + Self.launchTime
        self.subject = subject
    }

    /// Whether somebody or something already asked for the end.
    var isAsked: Bool { order != nil || failure != nil }

    /// Whether the main process ended or never began.
    var isOver: Bool { main != nil || failure != nil }

    /// Begins the time limit, when the task begins.
    mutating func begin(wall: UInt64, now: UInt64) {
        isStarted = true
        if phase == .running { deadline = wall > 0 ? now + wall : nil }
    }

    /// A front end asks for the end.
    mutating func ask(
        signal: Int32, grace: UInt64?, cause: String, by: String, now: UInt64
    ) -> [Action] {
        guard phase == .running else { return [] }
        order = (.terminated, cause, by, nil)
        return ask(signal, grace ?? self.grace, now)
    }

    /// Its processes have used up the processor time that they have together.
    mutating func exceedCPUTime(text: String, now: UInt64) -> [Action] {
        guard phase == .running else { return [] }
        order = (.timedOut, "cpu_time", nil, text)
        return ask(SIGTERM, grace, now)
    }

    /// A layer is no longer there: everything is killed at once.
    ///
    /// - Parameter what: What is no longer hidden or protected.
    mutating func lose(_ what: String, now: UInt64) -> [Action] {
        guard phase == .running || phase == .asked else { return [] }
        order = (.lost, "layer_lost", nil, what)
        return kill(now)
    }

    private mutating func ask(_ signal: Int32, _ grace: UInt64, _ now: UInt64) -> [Action] {
        phase = .asked
        // Of a task that has not begun, nothing is there that could end well.
        guard isStarted, signal != SIGKILL, grace > 0 else { return kill(now) }
        deadline = now + grace
        // A stopped process would not see the signal before it goes on.
        return [.signalTask(signal), .signalTask(SIGCONT)]
    }

    private mutating func kill(_ now: UInt64) -> [Action] {
        phase = .killing
        deadline = now + Ending.killTime
        return [.killAll]
    }

    /// The deadline has passed.
    mutating func expire(now: UInt64, wallText: String) -> [Action] {
        guard let deadline, now >= deadline else { return [] }
        switch phase {
        case .running where !isStarted: return fail(.gate, ETIMEDOUT, -1)
        case .running:
            order = (.timedOut, "wall", nil, wallText)
            return ask(SIGTERM, grace, now)
        case .asked: return kill(now)
        case .killing:
            phase = .killingInit
            self.deadline = now + Ending.lastTime
            return [.killInit]
        case .killingInit:
            self.deadline = nil
            gaveUp = true
            return []
        }
    }

    /// A step of the launch failed: nothing of the task ran, and nothing shall. Later, one of the monitor's own: nobody is left to
    /// watch the task. What was asked before that remains why it ends: a launch that is stopped fails somewhere.
    ///
    /// - Parameter hasRun: Whether the task may have run by then, besides where it is known to have begun.
    mutating func fail(_ stage: Stage, _ errno: Int32, _ index: Int32, hasRun: Bool = false) -> [Action] {
        if !isAsked { failure = Failure(stage: stage, errno: errno, index: index, hasRun: hasRun || isStarted) }
        phase = .killingInit
        deadline = nil
        return [.killInit]
    }

    /// Init reported the end of the main process; where others are still dying (-1), it has as long as for a kill.
    ///
    /// - Parameter isReleased: Otherwise it ended behind the gate: it has run nothing, and its exit code is not the task's.
    mutating func mainEnded(status: Int32, killed: Int32, isReleased: Bool, now: UInt64) {
        if !isReleased, !isAsked { failure = Self.gone }
        main = (status, killed, main?.at ?? now)
        if killed < 0, phase == .running || phase == .asked { _ = kill(now) }
    }

    /// The task ended behind the gate.
    private static let gone = Failure(stage: .gate, errno: ESRCH, index: -1, hasRun: false)

    /// Init ended by itself and has not said how the main process did: somebody kept it from that.
    mutating func initEnded(exited: Bool) {
        guard main == nil, failure == nil else { return }
        if !isStarted, order == nil { failure = Self.gone }
        isSilent = exited && isStarted
    }

    /// The record, once init is gone.
    ///
    /// - Parameters:
    ///   - started: When the gate was opened, on the monotonic clock, or nil.
    ///   - at: Nanoseconds since 1970.
    func record(started: UInt64?, now: UInt64, at: Int64) -> EndRecord {
        var record = EndRecord(status: .lost, cause: "monitor_died", endedAt: at)
        if let failure { describe(failure, &record) } else { describeEnd(&record) }
        if let started { record.runtime = (main?.at ?? now) - started }
        let killed = main.flatMap { $0.killed < 0 ? nil : $0.killed }
        record.proof = EndProof(kind: .initReaped, at: at, killed: killed ?? counted)
        return record
    }

    /// RLIMIT_CPU sends SIGXCPU at its soft limit, and SIGKILL at the hard one to whoever ignores that: nobody else is known
    /// to have sent it, and so much time was used.
    ///
    /// - Parameters:
    ///   - used: Nanoseconds of all processes, or nil.
    ///   - limit: Nanoseconds; 0: none.
    ///   - text: The limit for people.
    func attribute(_ record: inout EndRecord, used: UInt64?, limit: UInt64, text: String) {
        guard limit > 0, record.status == .signaled else { return }
        guard record.signal == SIGXCPU || (record.signal == SIGKILL && used ?? 0 >= limit) else { return }
        (record.status, record.cause, record.limit) = (.timedOut, "cpu_time", text)
    }

    private func describe(_ failure: Failure, _ record: inout EndRecord) {
        // What a task did is not undone: it is not one that did not start, whatever its monitor failed at.
        (record.status, record.cause) = failure.hasRun ? (.lost, "monitor_died") : (.failedToStart, "launch")
        record.stage = failure.stage
        record.errno = failure.errno
        if failure.index >= 0 { record.detail = subject(failure.stage, Int(failure.index)) }
    }

    private func describeEnd(_ record: inout EndRecord) {
        if let code = main.flatMap({ Processes.exitCode($0.status) }) {
            record.exitCode = code
            (record.status, record.cause) = (.exited, "exit")
        } else {
            record.signal = main.flatMap { Processes.endingSignal($0.status) } ?? SIGKILL
            (record.status, record.cause) = (.signaled, "signal")
        }
        if isSilent {
            record.signal = nil
            (record.status, record.detail) = (.lost, "the sandbox's init ended and did not say how the task did")
            record.cause = "monitor_died"
        }
        if let order {
            (record.status, record.cause) = (order.status, order.cause)
            (record.by, record.limit) = (order.by, order.limit)
        }
    }
}
