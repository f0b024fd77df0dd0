internal import JSON

/// The tools for tasks that were started.
extension Tool {
    static let readOutput = Tool(
        name: .readOutput, title: "Read a task's output",
        description: """
            Reads what a task printed, running or ended. Without offset it goes on where your last read ended, so \
            nothing comes twice. With timeout_ms it waits for new output or the end; with until, for a pattern. \
            Poll less: wait longer.
            """,
        inputSchema: Schema.arguments([
            "task_id": Schema.taskID,
            "pid": Schema.pid,
            "offset": Schema.integer("The first byte to read, of the chosen stream.", 0...Int64.max),
            "max_bytes": Schema.integer(
                "How much at most.", ReadOutputRequest.bytes, default: Int64(ReadOutputRequest.defaultBytes)),
            "stream": Schema.choice(
                "Which stream; each has offsets of its own.", ReadOutputRequest.Stream.self, default: .both),
            "timeout_ms": Schema.timeout("How long to wait for output, the end, or until.", default: 0),
            "until": Schema.string("A regular expression; waits until the output matches it.", atLeast: 1),
            "tail": Schema.integer("Only the last lines, this many. Not with offset.", ReadOutputRequest.lines),
            "reader": Schema.string("Keeps a place of its own, for readers side by side.", atLeast: 1),
            "encoding": Schema.choice(
                "base64: the bytes as they are. transcript: what Claude Code said, the default for its tasks.",
                ReadOutputRequest.Encoding.self),
        ]),
        outputSchema: Schema.taskView, annotations: .reads)

    static let writeInput = Tool(
        name: .writeInput, title: "Write to a task's input",
        description: """
            Writes to the standard input of a running task that was started with stdin: "open" or tty: true. Answers with \
            how much was taken and what the task printed since your last read. End a line with a newline. On a terminal, \
            control characters are keys: \\u0003 is Ctrl-C.
            """,
        inputSchema: Schema.arguments([
            "task_id": Schema.taskID,
            "pid": Schema.pid,
            "text": Schema.string("What to write, as it is: no newline is added."),
            "base64": Schema.string("Bytes to write instead of text."),
            "eof": Schema.bool(
                "true: the end of the input, after what is written; on a terminal, Ctrl-D.", default: false),
            "resize": Schema.size("A new size of the task's terminal."),
        ]),
        outputSchema: Schema.taskView, annotations: .writes)

    static let forceTerminate = Tool(
        name: .forceTerminate, title: "End a task",
        description: """
            Ends a task with every process that it started: sends the signal, waits the grace, kills what is left. \
            The answer has end.proof that nothing is left. Harmless for a task that has ended.
            """,
        inputSchema: Schema.arguments([
            "task_id": Schema.taskID,
            "pid": Schema.pid,
            "signal": Schema.choice("What is sent first.", TerminateRequest.Signal.self, default: .terminate),
            "grace_ms": Schema.integer("From the signal to the kill. Default: the policy's.", TerminateRequest.grace),
        ]),
        outputSchema: Schema.taskView, annotations: .ends)

    static let listSessions = Tool(
        name: .listSessions, title: "List tasks",
        description: "Lists tasks, those of earlier connections and ended ones of the last hour, too; without output.",
        inputSchema: Schema.arguments([
            "status": Schema.choice("Only tasks that stand so.", ListSessionsRequest.Status.self),
            "limit": Schema.integer(
                "How many at most.", ListSessionsRequest.limits, default: Int64(ListSessionsRequest.defaultLimit)),
            "cursor": Schema.string("The next_cursor of the page before."),
        ]),
        outputSchema: Schema.sessions, annotations: .reads)

    static let explainPolicy = Tool(
        name: .explainPolicy, title: "Ask what the policy allows",
        description: """
            Tells whether a command would be allowed, by which rule, and what is close to it and allowed. Runs nothing.
            """,
        inputSchema: Schema.arguments(["command": Schema.command, "argv": Schema.argv]),
        outputSchema: Schema.explanation, annotations: .reads)
}
