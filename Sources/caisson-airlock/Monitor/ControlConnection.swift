import Kernel
import Records

/// A front end that asks something of the monitor, and may wait for news.
struct ControlConnection {
    let socket: Int32
    /// It wants to hear when more than so many bytes have been recorded.
    var follows: UInt64?
    /// It wants to hear when more input can be taken.
    var awaitsRoom = false
}

/// The task's control socket and those who are connected to it.
struct ControlSocket {
    static let name = "control"
    /// More than this many connections at once are not accepted: a descriptor table has an end.
    static let limit = 64

    let listener = AirlockDescriptor.control
    private(set) var connections: [ControlConnection] = []
    private let owner: UInt32
    /// When the next connection is taken again, on the monotonic clock, where one could not be.
    private(set) var pause: UInt64?
    private static let pauseTime: UInt64 = 100_000_000

    /// Takes over the socket that the front end made in the task's directory, whose mode already keeps strangers out.
    init(owner: UInt32) {
        self.owner = owner
    }

    /// Takes a connection. A host that has no descriptor or memory for it (EMFILE, ENFILE, ENOMEM: accept(2)) costs nobody
    /// the task: whoever connects waits for a moment.
    mutating func accept(now: UInt64) {
        pause = nil
        do throws(Errno) { try take() } catch { pause = now + Self.pauseTime }
    }

    /// Takes a connection of the state directory's owner or of root; others are closed without a word.
    private mutating func take() throws(Errno) {
        let socket = try LocalSocket.accept(listener)
        let peer = try LocalSocket.peer(socket.number)
        guard peer == owner || peer == 0, connections.count < ControlSocket.limit else { return }
        // Whoever asks and does not read the answers is dropped, and not waited for.
        try Files.setNonBlocking(socket.number)
        connections.append(ControlConnection(socket: socket.release(), follows: nil))
    }

    mutating func follow(_ place: Int, _ bytes: UInt64?) {
        connections[place].follows = bytes
    }

    mutating func awaitRoom(_ place: Int) {
        connections[place].awaitsRoom = true
    }

    /// Tells those who wait for it how much input can be taken, or that none will be.
    mutating func tellRoom(_ reply: ControlReply?) {
        guard let reply else { return }
        for place in connections.indices.reversed() where connections[place].awaitsRoom {
            connections[place].awaitsRoom = false
            send(place, reply)
        }
    }

    /// Answers everybody who waits for more than they have. A connection that can't be written to is dropped.
    mutating func news(total: UInt64) {
        for (place, connection) in connections.enumerated().reversed() {
            guard let follows = connection.follows, total > follows else { continue }
            connections[place].follows = nil
            send(place, .progress(bytes: total))
        }
    }

    /// Tells everybody how it ended.
    mutating func close(with record: EndRecord) {
        for place in connections.indices.reversed() { send(place, .ended(record)) }
        for place in connections.indices.reversed() { drop(place) }
    }

    mutating func send(_ place: Int, _ reply: ControlReply) {
        do {
            try Transfer.send(connections[place].socket, reply.bytes)
        } catch {
            drop(place)
        }
    }

    mutating func drop(_ place: Int) {
        _ = Descriptor(owning: connections.remove(at: place).socket)
    }
}
