internal import Audit
internal import JSON
internal import Kernel
internal import Launching
internal import Policy
internal import PolicyCompiling
internal import Records
internal import Spooling
internal import Supervision
internal import Tasks
internal import ToolProtocol

/// Carries out calls of tools: an answer at once, or a call that waits.
struct ToolCalls {
    /// What came of a call.
    enum Outcome {
        case answer(ToolResult)
        case wait(PendingCall)
        /// The task that it started, for a client that asks after it by the protocol.
        case task(ProtocolTask)
        /// A person has to be asked first.
        case ask(AskedCall)
        /// No task, where the client can take nothing else.
        case fail(ProtocolError)
    }

    let supervisor: Supervisor
    let followed = FollowedTasks()
    let journal = Journal()
    let questions = AskedQuestions()
    /// Bytes of output that an answer carries where the caller does not say.
    static let outputBudget = 30 << 10
    /// How long a call that does not wait gives its task to print something, once it runs.
    static let settling: UInt64 = 250_000_000
    /// How long such a call waits at most until its task runs; on a busy host that takes longer than the task's own start.
    private static let starting: UInt64 = 30_000_000_000
    static let millisecond: UInt64 = 1_000_000

    /// Begins a call.
    func begin(_ call: ToolCall) -> Outcome {
        // What starts nothing asks nobody.
        guard call.resumption == nil || call.tool.startsTasks else { return .fail(.neverAsked) }
        do throws(ArgumentError) {
            return fitting(call, begin(call, try call.request()))
        } catch {
            return fitting(call, .answer(ToolResult(refusing: error)))
        }
    }

    /// A client of 2025-11-25 that asked for a task takes a task or an error.
    func fitting(_ call: ToolCall, _ outcome: Outcome) -> Outcome {
        guard case .answer(let result) = outcome, call.asTask, !call.version.isModern else { return outcome }
        return .fail(.notStarted(result.texts.joined(separator: "\n"), .object(result.structured)))
    }

    private func begin(_ call: ToolCall, _ request: ToolRequest) -> Outcome {
        do throws(TaskError) {
            switch request {
            case .executeCommand(let request): return execute(call, request)
            case .claudeCode(let request): return claude(call, request)
            case .readOutput(let request): return try read(call, request)
            case .writeInput(let request): return try write(call, request)
            case .terminate(let request): return try terminate(call, request)
            case .listSessions(let request): return try list(request)
            case .explain(let request): return explain(call, request)
            }
        } catch {
            return .answer(ToolAnswer.failure(error))
        }
    }

    // MARK: starting

    private func execute(_ call: ToolCall, _ request: ExecuteCommandRequest) -> Outcome {
        var order = Supervisor.Order(Self.command(request.command))
        order.policy = request.policy
        order.directory = request.workingDirectory
        order.variables = request.environment.map { EnvironmentVariable(name: $0.name, value: $0.value) }
        order.input = request.input.map { Array($0.utf8) }
        order.inputStaysOpen = request.inputStaysOpen
        order.terminal = request.hasTerminal ? .standard : nil
        order.mergesError = request.mergesStandardError
        order.wall = request.wall.map(Self.nanoseconds)
        order.shell = request.shell.flatMap { ShellUse(word: $0.rawValue) }
        return start(call, order, request.waiting)
    }

    private static func command(_ command: Command) -> RequestedCommand {
        switch command {
        case .line(let text): .string(text)
        case .vector(let words): .arguments(words)
        }
    }

    /// The prompt is one argument, after `--`: neither a shell nor Claude Code itself can take it for something else.
    private func claude(_ call: ToolCall, _ request: ClaudeCodeRequest) -> Outcome {
        var words = ClaudeTranscript.command
        if let model = request.model { words += ["--model", model] }
        var order = Supervisor.Order(.arguments(words + ["--", request.prompt]))
        (order.policy, order.directory, order.isWorkspace) = ("claude", request.workFolder, true)
        order.wall = request.wall.map(Self.nanoseconds)
        return start(call, order, request.waiting)
    }

    /// What can't be removed now is tried again in a minute.
    func pruneIfDue() {
        do throws(TaskError) { try supervisor.tasks.pruneIfDue() } catch { ErrorLine.write(error.description) }
    }

    /// - Parameter deadline: When a call has to be answered that has waited for a person before; nil: it has not.
    func pend(_ call: ToolCall, _ launched: LaunchedTask, _ waiting: Waiting, _ deadline: UInt64?) -> Outcome {
        do throws(TaskError) {
            let now = Clock.monotonic()
            let patience = waiting.untilEnd ? Self.nanoseconds(waiting.timeout) : Self.starting
            let left = waiting.untilEnd ? deadline : nil
            let deadline = left.map { max($0, now + Self.settling) } ?? now + patience
            var pending = PendingCall(
                request: call.opened, task: try TaskDirectory(supervisor.state, launched.id),
                wait: .launched(launched), deadline: deadline, reading: reading(.both),
                failsWithTask: true, wantsOutput: false)
            pending.isDetached = !waiting.untilEnd
            pending.startsTask = true
            return .wait(pending)
        } catch {
            return .answer(ToolAnswer.failure(error))
        }
    }

    func reading(_ source: SpoolSource, reader: String? = nil) -> OutputReading {
        OutputReading(
            source: source, start: .place, maximumBytes: Self.outputBudget, isRaw: false,
            place: ReaderPlace(reader ?? supervisor.principal, source))
    }

    // MARK: following

    func task(_ reference: TaskReference) throws(TaskError) -> TaskDirectory {
        switch reference {
        case .id(let id): try supervisor.task(id: id)
        case .pid(let pid): try supervisor.task(pid: pid)
        }
    }

    private func read(_ call: ToolCall, _ request: ReadOutputRequest) throws(TaskError) -> Outcome {
        let task = try task(request.task)
        var reading = reading(SpoolSource(word: request.stream.rawValue) ?? .both, reader: request.reader)
        reading.maximumBytes = request.maximumBytes
        (reading.isRaw, reading.isLiteral) = (request.encoding == .base64, request.encoding == .text)
        switch request.start {
        case .next: reading.start = .place
        case .offset(let offset): reading.start = .offset(offset)
        case .tail(let lines): reading.start = .tail(lines)
        }
        var pending = answered(call, task, reading)
        if let pattern = request.pattern { pending.search = try search(pattern, task, reading) }
        let timeout = Self.nanoseconds(request.timeout)
        // Counted before it is looked at: what comes in between is news.
        let seen = try Self.totals(task)
        guard timeout > 0, try task.end() == nil, try !hasNews(&pending) else { return .wait(pending) }
        pending.deadline = Clock.monotonic() + timeout
        if let news = try followed.follow(task, beyond: seen) {
            pending.wait = .news(news)
            beginProgress(&pending)
        } else {
            pending.lookSoon()
        }
        return .wait(pending)
    }

    private func search(
        _ pattern: String, _ task: TaskDirectory, _ reading: OutputReading
    ) throws(TaskError) -> PatternSearch {
        let start = try reading.start(task)
        do {
            return try PatternSearch(pattern, reading.source, from: start)
        } catch {
            throw .refused("until: \(error)")
        }
    }

    /// Whether a call that waits for output has what it waits for: a match, or any output without a pattern.
    func hasNews(_ pending: inout PendingCall) throws(TaskError) -> Bool {
        guard pending.search != nil else {
            let part = try pending.reading.read(pending.task, isFinal: false).part
            return !part.slice.bytes.isEmpty || part.slice.droppedBytes > 0
        }
        return try searchOn(&pending, isFinal: false)
    }

    /// Searches what is there; in one go, because what has been recorded is bounded by the record's limit.
    func searchOn(_ pending: inout PendingCall, isFinal: Bool) throws(TaskError) -> Bool {
        let reader = pending.task.output(try pending.task.record())
        do throws(Errno) {
            while try pending.search?.advance(reader, isFinal: isFinal) ?? false {}
        } catch {
            throw .system("the task's output", error)
        }
        return pending.search?.isFound ?? false
    }

    /// A call that has what it needs: its deadline has passed.
    func answered(_ call: ToolCall, _ task: TaskDirectory, _ reading: OutputReading) -> PendingCall {
        PendingCall(
            request: call.opened, task: task, wait: .nothing, deadline: 0, reading: reading, failsWithTask: true,
            wantsOutput: true)
    }

    static func totals(_ task: TaskDirectory) throws(TaskError) -> UInt64 {
        let totals = try streamTotals(task)
        return totals.stdout + totals.stderr
    }

    private func terminate(_ call: ToolCall, _ request: TerminateRequest) throws(TaskError) -> Outcome {
        let task = try task(request.task)
        let signal = Signals.number(request.signal.rawValue) ?? 15
        let order = ControlRequest.terminate(
            signal: signal, grace: request.grace.map(Self.nanoseconds), cause: "force_terminate",
            by: supervisor.principal)
        let reading = reading(.both)
        if try task.end() == nil { note(.act("force_terminate", by: supervisor.principal, [task.id]), call.opened) }
        guard try task.end() == nil, let control = try TaskControl(task), try control.send(order),
            try control.send(.follow(bytes: .max))
        else {
            var pending = answered(call, task, reading)
            pending.endsTask = true
            return .wait(pending)
        }
        // The grace, the kill and the time that a process may take to die; a client gives up after a minute.
        let patience = Clock.monotonic() + 55_000 * Self.millisecond
        var pending = PendingCall(
            request: call.opened, task: task, wait: .news(FollowedTask(control)), deadline: patience,
            reading: reading,
            failsWithTask: false, wantsOutput: false)
        pending.endsTask = true
        return .wait(pending)
    }

    /// On a full disk too, a task can be ended: what can't be written down is said on standard error.
    func note(_ entry: AuditEntry, _ request: OpenRequest) {
        do {
            try supervisor.audit.client(request.clientName).append([entry])
        } catch {
            ErrorLine.write(error.description)
        }
    }

    /// Writes the end of a task down, unless somebody has; where that can't be done, the next listing tries again.
    func ended(_ pending: PendingCall, _ end: EndRecord) {
        do {
            try supervisor.audit.client(pending.request.clientName).recordEnd(pending.task, end)
        } catch {
            ErrorLine.write(error.description)
        }
    }

    // MARK: asking

    private func list(_ request: ListSessionsRequest) throws(TaskError) -> Outcome {
        let status = request.status.flatMap { TaskStatus(word: $0.rawValue) }
        pruneIfDue()
        let page = try supervisor.tasks.page(status: status, cursor: request.cursor, limit: request.limit)
        return .answer(ToolAnswer.sessions(page.views, next: page.next, supervisor.tasks.damaged))
    }

    private func explain(_ call: ToolCall, _ request: ExplainRequest) -> Outcome {
        do throws(PolicyProblem) {
            let explanation = try supervisor.explain(Self.command(request.command), canAsk: call.opened.canAsk)
            return .answer(ToolAnswer.explanation(explanation))
        } catch {
            return .answer(ToolAnswer.refusal(error, argv: []))
        }
    }

    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, fraction) = duration.components
        return UInt64(clamping: seconds) * 1_000_000_000 + UInt64(clamping: fraction / 1_000_000_000)
    }
}
