internal import Kernel
internal import Records
internal import Spooling
internal import Tasks
internal import ToolProtocol

extension ToolCalls {
    /// Begins to listen for output, where the client of a call asked for progress.
    func beginProgress(_ pending: inout PendingCall) {
        guard pending.request.progressToken != nil, pending.progress == nil, !pending.isDetached else { return }
        do throws(TaskError) {
            guard let news = try followed.follow(pending.task, beyond: 0) else { return }
            pending.progress = ProgressWatch(news)
        } catch {
            // The call goes on without: progress is nothing that anybody may rely on.
            return
        }
    }

    /// How far a call is; nil: there is nothing to say, or not yet.
    func progress(_ pending: inout PendingCall, hasNews: Bool, _ now: UInt64) -> (bytes: UInt64, line: String?)? {
        guard var watch = pending.progress else { return nil }
        defer { pending.progress = watch }
        do throws(TaskError) {
            if hasNews { try watch.hear(in: followed.round) }
            guard watch.isDue(now) else { return nil }
            let bytes = try Self.totals(pending.task)
            let line = try Self.lastLine(pending.task)
            try watch.told(bytes, now)
            return (bytes, line)
        } catch {
            // What is wrong with the task is told by the answer.
            return nil
        }
    }

    /// How many bytes at the end are looked at for the last line, and how much of it is shown.
    private static let lineWindow = 4096
    private static let lineLength = 160

    /// The last line with something in it, made visible and cut; a line that was drawn over is what it shows at last.
    private static func lastLine(_ task: TaskDirectory) throws(TaskError) -> String? {
        let record = try task.record()
        let bytes: [UInt8]
        do {
            bytes = try task.output(record).tail(.both, maxBytes: lineWindow).bytes
        } catch {
            throw .system("the task's output", error)
        }
        // Events are no line for people; that some came is in the number.
        guard !ClaudeTranscript.isWritten(by: record.arguments) else { return nil }
        let breaks: [UInt8] = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        let lines = bytes.split { breaks.contains($0) }
        guard let line = lines.last(where: { $0.contains { $0 > 0x20 } }) else { return nil }
        let text = OutputText.visible(Array(line.drop { $0 & 0xc0 == 0x80 }))
        return text.count > lineLength ? text.prefix(lineLength) + "..." : text
    }
}
