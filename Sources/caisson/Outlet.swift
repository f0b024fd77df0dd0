import Glibc
import Kernel

/// One of our own output streams, written without ever waiting in the call: signals have to be heard meanwhile.
///
/// The caller's descriptor is not made non-blocking, because whoever shares it would be too. A pipe or a terminal is opened
/// once more instead; where that can't be done, it gets what POLLOUT promises to take.
struct Outlet {
    /// What is waited for and written to.
    let number: Int32
    private let kind: Kind

    private enum Kind {
        /// A write never waits, or for no reader: a file, or what is non-blocking.
        case prompt
        /// A write could wait for a reader.
        case pieces
        case socket
    }

    /// POLLOUT on a pipe promises that so many bytes can be written without waiting (pipe(7), PIPE_BUF).
    private static let piece = 4096

    init(_ target: Int32) throws(Errno) {
        let status = try FileStatus.of(target)
        if status.isSocket {
            (number, kind) = (target, .socket)
        } else if status.isPipe || Host.isTerminal(target) {
            let own = Self.reopened(target)
            (number, kind) = (own ?? target, own == nil ? .pieces : .prompt)
        } else {
            (number, kind) = (target, .prompt)
        }
    }

    /// Nil where the pipe is somebody else's, or /proc is not there: that is no failure.
    private static func reopened(_ target: Int32) -> Int32? {
        do throws(Errno) {
            return try Files.open("/proc/self/fd/\(target)", O_WRONLY | O_NONBLOCK | O_NOCTTY).release()
        } catch {
            return nil
        }
    }

    /// Writes as much as is taken at once; 0: nothing is.
    func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        do throws(Errno) {
            switch kind {
            case .prompt: return try checked { Glibc.write(number, bytes.baseAddress, bytes.count) }
            case .socket:
                let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
                return try checked { send(number, bytes.baseAddress, bytes.count, flags) }
            case .pieces:
                guard try Poll.now(number, Int32(POLLOUT)) != 0 else { return 0 }
                return try checked { Glibc.write(number, bytes.baseAddress, min(bytes.count, Self.piece)) }
            }
        } catch {
            guard error.rawValue == EAGAIN else { throw error }
            return 0
        }
    }
}
