internal import CKernel
internal import Glibc

/// The number that a failed system call left behind.
public struct Errno: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The kernel's number, 1...4095.
    public let rawValue: Int32

    /// Any number of errno(3).
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The symbolic name as in errno(3), such as `ENOENT`.
    public var name: String {
        guard let name = csn_errno_name(rawValue) else { return "errno \(rawValue)" }
        return String(cString: name)
    }

    /// The C library's sentence for it.
    public var message: String { String(cString: strerror(rawValue)) }

    /// Sentence and name, such as `No such file or directory (ENOENT)`.
    public var description: String { "\(message) (\(name))" }

    /// The number that the last call of this thread left.
    static var last: Errno { Errno(rawValue: errno) }

    /// Forgets the last number, before a call that reports a failure by it alone.
    static func clear() { errno = 0 }

    /// The number that a call left since `clear`, or nil.
    static var pending: Errno? { errno == 0 ? nil : last }
}

/// The one place that reads errno: a result of -1 is thrown as what the kernel said, an interrupted call is made again.
///
/// - Parameter call: One system call; its negative results are failures.
@inline(__always)
public func checked<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        let number = Errno.last
        if number.rawValue != EINTR { throw number }
    }
}

/// As `checked`, for calls that must not be made again after a signal (close(2), waits with a deadline).
@inline(__always)
public func checkedOnce<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
    let result = call()
    guard result < 0 else { return result }
    throw Errno.last
}
