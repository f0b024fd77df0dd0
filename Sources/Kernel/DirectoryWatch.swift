internal import Glibc

/// Hears from the kernel what changes in directories. Source: inotify(7).
public struct DirectoryWatch: ~Copyable {
    /// A name that came, went, or was renamed.
    public struct Change: Sendable, Equatable {
        /// Which directory, as ``DirectoryWatch/add(_:)`` numbered it; -1: more happened than the kernel keeps, anywhere.
        public let directory: Int32
        /// The name; empty: the directory itself.
        public let name: String
    }

    private let queue: Descriptor
    /// A name was moved away, moved in, made, or removed (IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE); only directories
    /// are watched (IN_ONLYDIR).
    private static let events: UInt32 = 0x40 | 0x80 | 0x100 | 0x200 | 0x100_0000

    /// Hears of nothing yet.
    public init() throws(Errno) {
        queue = Descriptor(owning: try checked { inotify_init1(Int32(O_CLOEXEC | O_NONBLOCK)) })
    }

    /// Readable when something changed.
    public var descriptor: Int32 { queue.number }

    /// Hears of the names in a directory from now on, until it goes.
    ///
    /// - Returns: The directory's number in what is heard; the same one for the same directory.
    public func add(_ path: String) throws(Errno) -> Int32 {
        try checked { inotify_add_watch(queue.number, path, Self.events) }
    }

    /// Hears no more of a directory.
    public func remove(_ directory: Int32) throws(Errno) {
        _ = try checked { inotify_rm_watch(queue.number, directory) }
    }

    /// What changed since the last time, at most a buffer of it; nothing: it was taken already.
    public func changes() throws(Errno) -> [Change] {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count: Int
        do throws(Errno) {
            count = try checked { bytes.withUnsafeMutableBytes { read(queue.number, $0.baseAddress, $0.count) } }
        } catch {
            guard error.rawValue == EAGAIN else { throw error }
            return []
        }
        return Self.changes(bytes[..<count])
    }

    /// struct inotify_event: number, mask, cookie and length of the name of 32 bits each, then the name and zeros.
    private static func changes(_ bytes: ArraySlice<UInt8>) -> [Change] {
        var (changes, place): ([Change], Int) = ([], 0)
        while place + 16 <= bytes.count {
            let directory = word(bytes, place)
            let end = min(place + 16 + Int(word(bytes, place + 12)), bytes.count)
            let name = bytes[(place + 16)..<end].prefix { $0 != 0 }
            changes.append(Change(directory: directory, name: String(decoding: name, as: UTF8.self)))
            place = end
        }
        return changes
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ place: Int) -> Int32 {
        Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
    }
}
