import Glibc
import Records
import Tasks
import Testing

@Suite("The end of a task in words and as an exit code")
struct EndTextTests {
    private static func end(
        _ status: TaskStatus, _ cause: String = "", code: Int32? = nil, signal: Int32? = nil, stage: Stage? = nil,
        errno: Int32? = nil
    ) -> EndRecord {
        var end = EndRecord(status: status, cause: cause, endedAt: 0)
        (end.exitCode, end.signal, end.stage, end.errno) = (code, signal, stage, errno)
        return end
    }

    private static let codes: [(EndRecord, Int32)] = [
        (end(.exited, code: 0), 0), (end(.exited, code: 255), 255), (end(.signaled, signal: SIGKILL), 137),
        (end(.signaled, signal: SIGTERM), 143), (end(.terminated, "stop", signal: SIGTERM), 143),
        (end(.terminated, "stop", code: 3), 3), (end(.terminated, "prune"), 125), (end(.timedOut, "wall"), 124),
        (end(.timedOut, "cpu_time", signal: SIGKILL), 124), (end(.outOfMemory, "memory", signal: SIGKILL), 137),
        (end(.refused), 126), (end(.lost), 125), (end(.running), 125), (end(.failedToStart), 125),
        (end(.failedToStart, stage: .mounts, errno: ENOENT), 125),
        (end(.failedToStart, stage: .execute, errno: ENOENT), 127),
        (end(.failedToStart, stage: .execute, errno: EACCES), 126), (end(.failedToStart, stage: .execute), 126),
    ]

    @Test("is the exit code of the contract", arguments: codes)
    func exitCode(end: EndRecord, expected: Int32) {
        #expect(EndText.exitCode(end) == expected)
    }

    @Test("needs no sentence where the code says everything")
    func silent() {
        for end in [Self.end(.exited, code: 1), Self.end(.signaled, signal: SIGTERM), Self.end(.refused)] {
            #expect(EndText.reason(end, nil) == nil)
        }
    }

    @Test("names the limit, the caller, the step or the loss")
    func sentences() {
        var end = Self.end(.timedOut, "wall")
        end.limit = "30 min"
        #expect(EndText.reason(end, nil) == "it reached limits.wall = 30 min")
        (end.status, end.limit) = (.outOfMemory, "2 GiB")
        #expect(EndText.reason(end, nil) == "it reached limits.memory = 2 GiB")
        let step = Self.end(.failedToStart, "launch", stage: .landlock, errno: EPERM)
        #expect(EndText.reason(step, nil) == "the step landlock of its launch failed: Operation not permitted (EPERM)")
        #expect(
            EndText.reason(Self.end(.failedToStart, "launch"), nil) == "the step launch of its launch failed: unknown")
        #expect(EndText.reason(Self.end(.signaled, signal: SIGSYS), nil)?.contains("seccomp") == true)
        for cause in ["monitor_died", "host_restarted", "layer_lost", "unkillable"] {
            #expect(EndText.reason(Self.end(.lost, cause), nil)?.isEmpty == false, "\(cause)")
        }
    }

    @Test("names the difference for which a task was not released")
    func difference() {
        let line = Receipt.Line(subject: "task", field: "uids", planned: "1000", observed: "0")
        let receipt = Receipt(takenAt: 0, pid: 1, lines: [line])
        let reason = EndText.reason(Self.end(.failedToStart, stage: .receipt), receipt)
        #expect(reason == "uids of the task was \"0\" and not \"1000\": it was not released")
    }
}
