import Glibc
import Kernel
import Policy
import Records
import Spooling
import Tasks

/// `caisson logs`: what a task printed, byte for byte, by offset, from the end, or as it comes.
struct LogsCommand {
    private let options: Options

    init(_ arguments: [String]) throws {
        options = try Options(arguments, valued: ["from", "tail", "stream", "state"], flags: ["follow", "json"])
    }

    func run() throws -> Int32 {
        if options.wantsHelp {
            Message.help(Help.logs, to: 1)
            return 0
        }
        guard options.rest.count == 1, let name = options.rest.first else {
            throw UsageError("`logs` needs one task", "`caisson ps --all` lists them")
        }
        let word = options.value("stream") ?? "both"
        guard let source = SpoolSource(word: word) else {
            throw UsageError("--stream \(VisibleText.quoted(word)) is no stream", "name stdout, stderr or both")
        }
        let frontEnd = try FrontEnd(options)
        Processes.ignore(SIGPIPE)
        return try print(try frontEnd.state.task(name), source)
    }

    private static let piece = 256 << 10

    private func print(_ task: TaskDirectory, _ source: SpoolSource) throws -> Int32 {
        let reader = task.output(try task.record())
        var offset = try start(reader, source)
        while true {
            // Before the read: what is recorded after it is announced by the answer, or was there at the end.
            let (hasEnded, totals) = (try task.end() != nil, try reader.totals())
            while true {
                let slice = try reader.read(source, offset: offset, maxBytes: Self.piece)
                if slice.droppedBytes > 0 {
                    Message.print(
                        "\(slice.droppedBytes) bytes from offset \(offset) on were not kept (limits.output)", remedy: ""
                    )
                }
                guard try write(slice.bytes) else { return 0 }
                offset = slice.nextOffset
                if !slice.more { break }
            }
            guard options.has("follow"), !hasEnded else { return 0 }
            try TaskWait.wait(for: task, beyond: totals.stdout + totals.stderr, deadline: nil)
        }
    }

    private func start(_ reader: SpoolReader, _ source: SpoolSource) throws -> UInt64 {
        guard let tail = try options.count("tail") else { return try options.count("from") ?? 0 }
        return try TailStart.offset(of: max(1, Int(clamping: tail)), source, reader)
    }

    private func write(_ bytes: [UInt8]) throws -> Bool {
        do throws(Errno) {
            try Transfer.deliver(1, bytes)
            return true
        } catch {
            guard error.rawValue == EPIPE else { throw error }
            return false
        }
    }
}
