internal import Records
internal import Tasks

/// Hears of a task's output for a client that wants to know how far a call is: at most one word a second, and none without
/// output.
struct ProgressWatch {
    private var news: FollowedTask?
    /// Output came of which the client was not told.
    private var isBehind = false
    /// When the client may be told again, on the monotonic clock.
    private var due: UInt64 = 0

    /// Nanoseconds between two words.
    private static let pause: UInt64 = 1_000_000_000

    /// A watch over what the connection tells.
    init(_ news: FollowedTask) {
        self.news = news
    }

    /// The descriptor that becomes readable with the news; -1: there will be none, or not before it is asked for again.
    var descriptor: Int32 {
        guard let news, !isBehind, !news.isClosed else { return -1 }
        return news.control.descriptor
    }

    /// When it has to be minded without any news.
    var wakes: UInt64 { isBehind ? due : .max }

    /// Takes what the monitor said.
    mutating func hear(in round: UInt64) throws(TaskError) {
        switch try news?.reply(in: round) {
        case .progress: isBehind = true
        case .ended, nil: news = nil
        case .started, .done, .refused: break
        }
    }

    /// Whether the client is to be told now.
    func isDue(_ now: UInt64) -> Bool { isBehind && due <= now }

    /// The client was told: the monitor is asked for what comes beyond that.
    mutating func told(_ bytes: UInt64, _ now: UInt64) throws(TaskError) {
        (isBehind, due) = (false, now + Self.pause)
        if let news, try !news.follow(beyond: bytes) { self.news = nil }
    }
}
