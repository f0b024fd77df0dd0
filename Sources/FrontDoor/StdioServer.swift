internal import Glibc
internal import JSON
public import Kernel
internal import Records
public import Supervision
internal import Tasks
internal import ToolProtocol

/// Serves MCP on two descriptors, one message a line. One thread waits for everything; nothing polls.
///
/// The end of the input ends the server; the tasks run on under their monitors.
public final class StdioServer {
    private let input: Int32
    private let output: Int32
    let calls: ToolCalls
    var conversation: Conversation
    private var reader: LineReader
    var writer: LineWriter
    let watch: SubscriptionWatch
    /// Lines that were read and not taken yet.
    private var lines: ArraySlice<LineReader.Item> = []
    private var pending: [PendingCall] = []
    /// Calls that wait for a person.
    private var asked: [AskedCall] = []

    /// How long a client that has ended its input has for reading the last answers, in nanoseconds.
    private static let farewell: UInt64 = 500_000_000

    /// A server that has not begun.
    ///
    /// - Parameter version: Of the program.
    public init(_ supervisor: Supervisor, version: String, input: Int32 = 0, output: Int32 = 1) {
        (self.input, self.output) = (input, output)
        calls = ToolCalls(supervisor: supervisor)
        watch = SubscriptionWatch(supervisor, calls.followed)
        conversation = Conversation(server: ServerDescription(version: version))
        (reader, writer) = (LineReader(input), LineWriter(output))
    }

    /// Serves until the input ends or nobody reads the output any more.
    public func run() throws(Errno) {
        // However it ends, and whatever was asked last: nobody answers any more.
        defer { forgetQuestions() }
        do throws(Errno) {
            while !reader.hasEnded { try step() }
            try finish()
        } catch {
            guard error.rawValue == EPIPE else { throw error }
        }
    }

    private func step() throws(Errno) {
        var poll = Poll()
        // A client that does not read is not read from either: what waits for it has a limit.
        let incoming = poll.add(lines.isEmpty && !writer.isFull ? input : -1, Int32(POLLIN))
        let outgoing = poll.add(writer.isWaiting ? output : -1, Int32(POLLOUT))
        let places = pending.map { poll.add($0.descriptor, Int32(POLLIN)) }
        let progress = pending.map { poll.add($0.progress?.descriptor ?? -1, Int32(POLLIN)) }
        watch.wait(in: &poll, isTold: writer.takesNotices)
        try poll.wait(timeout: timeout)
        if poll.events(outgoing) != 0 { try writer.write() }
        settle(places.map { poll.events($0) != 0 }, progress.map { poll.events($0) != 0 })
        tellChanges(poll)
        giveUpAsking(Clock.monotonic())
        if poll.events(incoming) != 0 { lines = ArraySlice(try reader.read()) }
        takeLines()
    }

    /// Takes lines while there is room for their answers.
    private func takeLines() {
        while !writer.isFull, let line = lines.popFirst() { take(line) }
    }

    /// Writes what the client still takes after the end of its input; it may have gone.
    private func finish() throws(Errno) {
        for response in conversation.endListening() { writer.add(response.line) }
        let end = Clock.monotonic() + Self.farewell
        while writer.isWaiting {
            let now = Clock.monotonic()
            var poll = Poll()
            let outgoing = poll.add(output, Int32(POLLOUT))
            try poll.wait(timeout: end > now ? end - now : 0)
            guard poll.events(outgoing) != 0 else { return }
            try writer.write()
            takeLines()
        }
    }

    private var timeout: UInt64? {
        let asking = min(asked.lazy.map(\.deadline).min() ?? .max, calls.questions.expires)
        let first = min(watch.wakes, pending.lazy.map(\.wakes).min() ?? .max, asking)
        guard first < .max else { return nil }
        let now = Clock.monotonic()
        return first > now ? first - now : 0
    }

    /// Answers every call that has its news or whose time is over, and tells the others how far they are.
    private func settle(_ hasNews: [Bool], _ hasProgress: [Bool]) {
        let now = Clock.monotonic()
        calls.followed.nextRound()
        var left: [PendingCall] = []
        for (place, call) in pending.enumerated() {
            var call = call
            let isReady = (hasNews[place] || call.isDue(now)) && calls.advance(&call)
            guard !isReady, call.deadline > now else {
                answer(call)
                continue
            }
            tellProgress(&call, hasProgress[place], now)
            left.append(call)
        }
        pending = left
    }

    /// A client that does not read is told nothing: what it was not told is in what it is told next.
    private func tellProgress(_ call: inout PendingCall, _ hasNews: Bool, _ now: UInt64) {
        guard let step = calls.progress(&call, hasNews: hasNews, now), !writer.isFull else { return }
        guard let notice = conversation.progress(call.request, step.bytes, message: step.line) else { return }
        writer.add(notice.line)
    }

    private func take(_ item: LineReader.Item) {
        switch item {
        case .tooLong: writer.add(Response(id: nil, .error(.lineTooLong(limit: LineReader.limit))).line)
        case .line(let line):
            // A blank line is no message, and nobody's mistake.
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) { return }
            take(conversation.receive(line: line))
        }
    }

    private func take(_ action: Action) {
        switch action {
        case .answer(let response): writer.add(response.line)
        case .cancel(let id): cancel(id)
        case .answered(let request, let answer):
            for call in takeAsked(where: { $0.call.opened == request }) { settle(call, calls.answered(call, answer)) }
        case .nothing: break
        case .call(let call): begin(call)
        case .query(let query): begin(query)
        case .subscription(let subscription): begin(subscription)
        }
    }

    private func cancel(_ id: RequestID) {
        pending.removeAll { $0.request.id == id }
        for call in takeAsked(where: { $0.call.id == id }) { abandon(call) }
        subscriptionsChanged()
    }

    private func begin(_ call: ToolCall) {
        settle(call, calls.begin(call))
    }

    private func settle(_ call: ToolCall, _ outcome: ToolCalls.Outcome) {
        tellLog()
        switch outcome {
        case .answer(let result): send(conversation.finish(call, with: result))
        case .task(let task):
            send(conversation.finish(call, with: task))
            if !call.version.isModern { follow(task.id) }
        case .fail(let error): send(conversation.fail(call.opened, with: error))
        case .wait(let waiting): wait(waiting)
        case .ask(let question): ask(question)
        }
    }

    // MARK: asking

    private func ask(_ question: AskedCall) {
        guard !question.call.version.isModern else {
            return send(calls.asking(question, &conversation))
        }
        guard asked.count < ToolCalls.questionLimit else { return settle(question, calls.tooMany(question)) }
        guard let request = conversation.ask(question.call.opened, question.elicitation) else { return }
        asked.append(question)
        writer.add(request.line)
    }

    private func settle(_ asked: AskedCall, _ outcome: ToolCalls.Outcome) {
        settle(asked.call, calls.fitting(asked.call, outcome))
    }

    private func takeAsked(where isMeant: (AskedCall) -> Bool) -> [AskedCall] {
        let taken = asked.filter(isMeant)
        asked.removeAll(where: isMeant)
        return taken
    }

    /// Nobody waits for the answer any more: the question is taken back, and written down as unanswered.
    private func abandon(_ asked: AskedCall) {
        if let notice = conversation.withdraw(asked.call.opened) { writer.add(notice.line) }
        calls.unanswered(asked, "the call was cancelled before anybody answered")
    }

    private func forgetQuestions() {
        for call in takeAsked(where: { _ in true }) {
            calls.unanswered(call, "the client went before anybody answered")
        }
        calls.noteUnanswered(now: .max)
    }

    private func giveUpAsking(_ now: UInt64) {
        for call in takeAsked(where: { $0.deadline <= now }) {
            if let notice = conversation.withdraw(call.call.opened) { writer.add(notice.line) }
            settle(call, calls.overdue(call))
        }
        calls.noteUnanswered(now: now)
    }

    private func begin(_ query: Query) {
        let reply = calls.begin(query)
        if case .task(let id) = query.subject { tellEndFirst(of: id) }
        switch reply {
        case .answer(let members): send(conversation.finish(query.request, with: members))
        case .fail(let error): send(conversation.fail(query.request, with: error))
        case .wait(let waiting): wait(waiting)
        }
        if case .resources = query.subject { subscriptionsChanged() }
    }

    private func wait(_ waiting: PendingCall) {
        if waiting.deadline == 0 { answer(waiting) } else { pending.append(waiting) }
    }

    private func answer(_ call: PendingCall) {
        tellEndFirst(of: call.task.id.text)
        switch call.form {
        case .tool:
            let (result, whenWritten) = calls.answer(call)
            tellLog()
            send(conversation.finish(call.request, with: result), whenWritten)
        case .resultOfTask:
            let result = calls.answer(call).0
            send(conversation.finish(call.request, with: result, relatedTo: call.task.id.text))
        case .task: send(calls.cancelled(call, &conversation))
        case .acknowledgement: send(conversation.finish(call.request, with: [:]))
        }
    }

    func send(_ response: Response?, _ whenWritten: (() -> Void)? = nil) {
        guard let response else { return }
        writer.add(response.line, whenWritten: whenWritten)
    }
}
