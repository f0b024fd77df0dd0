internal import JSON

/// What the tools answer with. Nothing is required at the root, and more may come: refusals and failures have the same
/// schema, and a host that can't know a figure says null.
extension Schema {
    /// The task view.
    static let taskView: JSONObject = ["type": "object", "properties": .object(taskMembers)]

    /// A page of task views.
    static let sessions: JSONObject = [
        "type": "object",
        "properties": [
            "sessions": ["type": "array", "items": .object(taskView)],
            "next_cursor": optional("string", "There are more; pass it as cursor."),
            "damaged": [
                "type": "array", "items": ["type": "object"], "description": "Tasks that can't be read, and why.",
            ],
            "reason": reason,
        ],
    ]

    /// What the policy says of a command.
    static let explanation: JSONObject = [
        "type": "object",
        "properties": [
            "decision": ["type": "string", "enum": ["allowed", "refused", "ask", "not_found"]],
            "reasons": ["type": "array", "items": ["type": "object"], "description": "Why: rule, file and line."],
            "layers": ["type": ["array", "object"], "description": "What confines it besides the command list."],
            "arbitrary_code": optional("boolean", "It can run whatever it is told to; the kernel's list holds it."),
            "nearest_allowed": ["type": "array", "items": ["type": "string"]],
            "approval": optional("string", "What happens when it is started, where the policy asks for approval."),
            "reason": reason,
        ],
    ]

    private static let taskMembers: JSONObject = [
        "task_id": optional("string", "For read_output and force_terminate."),
        "pid": optional("integer"),
        "argv": ["type": "array", "items": ["type": "string"]],
        "cwd": optional("string"),
        "policy": ["type": "object", "properties": ["name": optional("string"), "digest": optional("string")]],
        "status": choice("How it stands.", ListSessionsRequest.Status.self),
        "started_at": optional("string"),
        "runtime_ms": optional("integer"),
        "ended_at": optional("string"),
        "exit_code": optional("integer", "Only if it exited."),
        "signal": ["type": ["string", "integer", "null"], "description": "Only if a signal ended it."],
        "reason": reason,
        "usage": usage,
        "output": output,
        "input": [
            "type": ["object", "null"],
            "properties": ["taken_bytes": optional("integer", "How much of what was given, from its first byte on.")],
        ],
        "end": end,
        "next": ["type": ["string", "object", "null"], "description": "What to call next."],
    ]

    private static let reason = optional("string", "Why it was refused or failed, and what would be allowed.")

    private static let usage: JSON = [
        "type": ["object", "null"],
        "properties": [
            "cpu_ms": optional("integer"), "peak_memory_bytes": optional("integer"),
            "peak_processes": optional("integer"),
            "throttled_ms": optional("integer", "How long limits.cpu made it wait."),
            "refused_forks": optional("integer", "How often limits.processes refused a process."),
        ],
    ]

    private static let output: JSON = [
        "type": ["object", "null"],
        "properties": [
            "stream": choice("Which stream.", ReadOutputRequest.Stream.self),
            "text": ["type": "string"],
            "encoding": choice("How bytes became text.", ReadOutputRequest.Encoding.self),
            "offset": optional("integer", "The first byte of text in the stream."),
            "next_offset": optional("integer", "Where to go on."),
            "total_bytes": optional("integer", "Bytes that the task wrote so far."),
            "dropped_bytes": optional("integer", "Bytes that the cap left out here."),
            "more": ["type": "boolean", "description": "There is more to read now."],
        ],
    ]

    private static let end: JSON = [
        "type": ["object", "null"],
        "properties": [
            "cause": optional("string"), "by": optional("string"), "limit": ["description": "The limit that ended it."],
            "step": optional("string"), "errno": ["type": ["integer", "string", "null"]],
            "proof": ["type": ["object", "null"], "description": "Evidence that no process is left."],
            "new_matches": [
                "type": ["object", "null"],
                "description": "Names that files.protect has a pattern for and that came while it ran.",
            ],
        ],
    ]

    private static func optional(_ type: JSON, _ description: String? = nil) -> JSON {
        .object(JSONObject(present: ["type": [type, "null"], "description": description.map(JSON.string)]))
    }
}
