internal import CKernel
internal import Glibc

/// AF_UNIX sockets by name in a directory. Names are reached through /proc/self/fd, because sun_path ends at 107 bytes.
public enum LocalSocket {
    /// Listens under `name` in a directory. Message boundaries are kept (SOCK_SEQPACKET).
    public static func listen(at directory: Int32, _ name: String) throws(Errno) -> Descriptor {
        let socket = try make()
        try withAddress("/proc/self/fd/\(directory)/\(name)") { (address, size) throws(Errno) in
            _ = try checked { bind(socket.number, address, size) }
        }
        _ = try checked { Glibc.listen(socket.number, 64) }
        return socket
    }

    /// Connects to `name` in a directory. ECONNREFUSED: nobody listens any more.
    public static func connect(at directory: Int32, _ name: String) throws(Errno) -> Descriptor {
        let socket = try make()
        try withAddress("/proc/self/fd/\(directory)/\(name)") { (address, size) throws(Errno) in
            _ = try checked { Glibc.connect(socket.number, address, size) }
        }
        return socket
    }

    /// Takes the next connection.
    public static func accept(_ listener: Int32) throws(Errno) -> Descriptor {
        Descriptor(owning: try checked { csn_accept(listener) })
    }

    /// The uid of the process at the other end, as the kernel recorded it. Source: unix(7), SO_PEERCRED.
    public static func peer(_ socket: Int32) throws(Errno) -> UInt32 {
        var uid: UInt32 = 0
        var pid: Int32 = 0
        _ = try checked { csn_peer_uid(socket, &uid, &pid) }
        return uid
    }

    private static func make() throws(Errno) -> Descriptor {
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return Descriptor(owning: try checked { socket(AF_UNIX, kind, 0) })
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Errno) -> Void
    ) throws(Errno) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Errno(rawValue: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        var failure: Errno?
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                do {
                    try body(raw, socklen_t(MemoryLayout<sockaddr_un>.size))
                } catch {
                    failure = error as? Errno ?? Errno(rawValue: EINVAL)
                }
            }
        }
        if let failure { throw failure }
    }
}
