internal import JSON
internal import Kernel
internal import Policy
internal import Records
internal import Supervision
internal import ToolProtocol

/// A call that waits for a person's answer; nothing of it was started.
struct AskedCall {
    let call: ToolCall
    let order: Supervisor.Order
    let waiting: Waiting
    let question: ApprovalQuestion
    /// When the call has to be answered, on the monotonic clock, in nanoseconds.
    let deadline: UInt64

    /// What the person is shown.
    var elicitation: Elicitation { Elicitation(question.text ?? "", title: "Run it once") }
}

/// Questions that were put into answers, and for which the client calls again (2026-07-28).
///
/// Their names are random, known to nobody but the client that was asked, and good for one answer to one call within a time: a
/// server that did not ask, or asked something else, takes none.
final class AskedQuestions {
    private struct Entry {
        let state: String
        let asked: AskedCall
        let call: [UInt8]
        let expires: UInt64
    }

    private var entries: [Entry] = []
    /// Those that nobody can answer any more, and that nobody was told of.
    private var forgotten: [AskedCall] = []

    /// How long a person has for an answer, in nanoseconds.
    static let patience: UInt64 = 600_000_000_000
    /// So many questions are kept; with more, the oldest one is forgotten.
    static let limit = 64

    /// When the next one is too old, on the monotonic clock.
    var expires: UInt64 { entries.first?.expires ?? .max }

    /// Keeps a question.
    ///
    /// - Returns: Its name, which nobody can guess.
    func keep(_ asked: AskedCall, now: UInt64) throws(Errno) -> String {
        let state = Hexadecimal.text(try Host.random(16))
        if entries.count >= Self.limit { forgotten.append(entries.removeFirst().asked) }
        entries.append(
            Entry(state: state, asked: asked, call: Self.bytes(asked.call), expires: now + Self.patience))
        return state
    }

    /// Takes a question that is answered, or should be: its name is used up, whatever comes of it.
    ///
    /// - Returns: nil where the name is none of ours, is used up or too old, or belongs to another call.
    func take(_ state: String, for call: ToolCall, now: UInt64) -> ApprovalQuestion? {
        guard let place = entries.firstIndex(where: { $0.state == state }) else { return nil }
        let entry = entries.remove(at: place)
        guard entry.expires > now, entry.call == Self.bytes(call) else {
            forgotten.append(entry.asked)
            return nil
        }
        return entry.asked.question
    }

    /// Gives the questions that nobody can answer any more, once.
    ///
    /// - Parameter now: `max`: nobody can answer any.
    func unanswered(now: UInt64) -> [AskedCall] {
        let old = entries.prefix { $0.expires <= now }
        entries.removeFirst(old.count)
        defer { forgotten = [] }
        return forgotten + old.map(\.asked)
    }

    /// The call as it has to be repeated, byte for byte.
    private static func bytes(_ call: ToolCall) -> [UInt8] {
        SHA256.digest(JSON.array([.string(call.tool.rawValue), .object(call.arguments)]).bytes)
    }
}
