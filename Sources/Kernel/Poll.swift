internal import CKernel
internal import Glibc

/// The descriptors that an event loop waits for.
public struct Poll {
    private var entries: [pollfd] = []

    /// Nothing to wait for.
    public init() {}

    /// Adds a descriptor and returns its place.
    ///
    /// - Parameter events: POLLIN, POLLOUT, or 0 for errors and hang-ups only.
    @discardableResult
    public mutating func add(_ fd: Int32, _ events: Int32) -> Int {
        entries.append(pollfd(fd: fd, events: Int16(events), revents: 0))
        return entries.count - 1
    }

    /// Waits until something happens. An interrupted wait is an empty one.
    ///
    /// - Parameter timeout: Nanoseconds, nil for ever.
    public mutating func wait(timeout: UInt64? = nil) throws(Errno) {
        let limit = timeout.map { Int64(clamping: $0) } ?? -1
        do {
            _ = try checkedOnce { csn_poll(&entries, UInt(entries.count), limit) }
        } catch {
            guard error.rawValue == EINTR else { throw error }
            for index in entries.indices { entries[index].revents = 0 }
        }
    }

    /// What has happened at one descriptor until now, without waiting.
    public static func now(_ fd: Int32, _ events: Int32) throws(Errno) -> Int32 {
        var entry = pollfd(fd: fd, events: Int16(events), revents: 0)
        _ = try checked { csn_poll(&entry, 1, 0) }
        return Int32(entry.revents)
    }

    /// Whether anything happened.
    public var hasEvents: Bool { entries.contains { $0.revents != 0 } }

    /// What happened at a place: POLLIN, POLLOUT, POLLERR, POLLHUP, or 0.
    public func events(_ place: Int) -> Int32 { Int32(entries[place].revents) }
}
