internal import JSON

/// The tools that start a task.
extension Tool {
    static let executeCommand = Tool(
        name: .executeCommand, title: "Run a command",
        description: """
            Starts a program in a sandbox and answers with its output, exit code and task_id. If the task still runs \
            after timeout_ms, the answer has status "running" and the output so far; the task goes on: follow it with \
            read_output, end it with force_terminate. A refusal (isError) says why and what is allowed.
            """,
        inputSchema: Schema.arguments([
            "command": Schema.command,
            "argv": Schema.argv,
            "cwd": Schema.string("Where it starts, in the workspace. Default: the workspace.", atLeast: 1),
            "env": Schema.stringMap("Variables to set; only names that the policy accepts."),
            "stdin": Schema.string(
                "The whole standard input, or \"open\": then write_input writes to it. Default: none, the input ends at once."
            ),
            "shell": Schema.choice(
                "How a command with shell syntax is treated; can only narrow the policy.",
                ExecuteCommandRequest.Shell.self),
            "tty": Schema.bool(
                "true: a terminal of 24 rows and 80 columns instead of pipes, for programs that need one. write_input types.",
                default: false),
            "merge_stderr": Schema.bool("true: one pipe for both streams, in the order written.", default: false),
            "policy": Schema.string("Another policy, of those the server was started with.", atLeast: 1),
            "wait": Schema.wait,
            "timeout_ms": Schema.timeout("How long this call waits; it never ends the task.", default: 30_000),
            "wall_ms": Schema.wall,
        ]),
        outputSchema: Schema.taskView, annotations: .runs)

    static let claudeCode = Tool(
        name: .claudeCode, title: "Run Claude Code",
        description: """
            Starts Claude Code in a sandbox on a prompt, for work of its own in a directory. It usually takes minutes: \
            use wait: false and follow it with read_output, as any task.
            """,
        inputSchema: Schema.arguments(
            [
                "prompt": Schema.string("What it is to do.", atLeast: 1),
                "workFolder": Schema.string("Where, in the workspace. Default: the workspace.", atLeast: 1),
                "wait": Schema.wait,
                "timeout_ms": Schema.timeout("How long this call waits; it never ends the task.", default: 30_000),
                "wall_ms": Schema.wall,
                "model": Schema.string("Which model it uses.", atLeast: 1),
            ], required: ["prompt"]),
        outputSchema: Schema.taskView, annotations: .runs)
}
