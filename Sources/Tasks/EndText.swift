internal import Glibc
internal import Kernel
public import Records

/// Why a task ended, in a sentence.
public enum EndText {
    /// The sentence, or nil where status, exit code and signal say everything.
    public static func reason(_ end: EndRecord, _ receipt: Receipt?) -> String? {
        let sentence =
            switch end.status {
            case .timedOut: "it reached limits.\(end.cause) = \(end.limit ?? "")"
            case .outOfMemory:
                end.limit.map { "it reached limits.memory = \($0)" }
                    ?? "a control group above it, or the host, ran out of memory"
            case .terminated: "it was ended by \(end.cause)\(end.by.map { " (\($0))" } ?? "")"
            case .failedToStart: startFailure(end, receipt)
            case .lost: loss(end)
            case .signaled where end.signal == SIGSYS:
                "the kernel killed it for a system call of another architecture (seccomp)"
            // What went wrong around a task that ended by itself.
            case .running, .exited, .signaled, .refused: end.detail ?? ""
            }
        return sentence.isEmpty ? nil : sentence
    }

    private static func startFailure(_ end: EndRecord, _ receipt: Receipt?) -> String {
        if let line = receipt?.difference {
            return
                "\(line.field) of the \(line.subject) was \"\(line.observed)\" and not \"\(line.planned)\": it was not released"
        }
        if end.stage == .execute, let why = end.errno.flatMap(notExecuted) { return why }
        let step = end.stage?.name ?? "launch"
        let errno = end.errno.map { Errno(rawValue: $0).description } ?? "unknown"
        let sentence = "the step \(step) of its launch failed: \(errno)"
        return end.detail.map { "\(sentence) (\($0))" } ?? sentence
    }

    /// Why the kernel would not execute the program, where errno has one meaning. Source: execve(2).
    private static func notExecuted(_ errno: Int32) -> String? {
        switch errno {
        case ENOEXEC: "the program is none of this machine's, and its first line names no interpreter (ENOEXEC)"
        case E2BIG: "arguments and environment are longer than the kernel takes (E2BIG)"
        case ENOENT: "the loader that the program names is not in the view (ENOENT)"
        default: nil
        }
    }

    private static func loss(_ end: EndRecord) -> String {
        switch end.cause {
        case "host_restarted": "the host was restarted while it ran"
        case "layer_lost":
            "what hides or protects \(end.limit ?? "a path") was undone on the host while it ran, and so it was ended"
        case "monitor_died":
            "its monitor \(end.errno.map { "failed (\(Errno(rawValue: $0)))" } ?? "was killed"), "
                + "and its sandbox ended with it"
        case "unkillable":
            "something of it did not die within 10 s of being killed\(end.detail.map { " (\($0))" } ?? "")"
        default: end.cause
        }
    }

    /// The exit code that `run` and `wait` give for it.
    public static func exitCode(_ end: EndRecord) -> Int32 {
        switch end.status {
        case .timedOut: return 124
        case .outOfMemory: return 137
        case .refused: return 126
        case .lost, .running: return 125
        case .failedToStart: return startExitCode(end)
        case .exited, .signaled, .terminated:
            return end.exitCode ?? end.signal.map { 128 + $0 } ?? 125
        }
    }

    /// What a shell says of a program that could not be executed; everything else is our failure.
    private static func startExitCode(_ end: EndRecord) -> Int32 {
        guard end.stage == .execute else { return 125 }
        return end.errno == ENOENT ? 127 : 126
    }
}
