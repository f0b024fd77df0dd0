internal import Glibc
public import JSON
internal import Kernel
public import Tasks

/// Reads the log of a state directory from its beginning.
public struct AuditReader: Sendable {
    private let state: StateDirectory

    /// A reader.
    public init(_ state: StateDirectory) {
        self.state = state
    }

    /// Compares the log with itself and with what is known of it.
    ///
    /// What is appended meanwhile is not looked at: size and head are taken while nobody writes.
    public func verify(_ expectation: AuditExpectation) throws(AuditError) -> AuditReport {
        var expected = expectation
        guard let log = try opened() else {
            expected.head = try stored()
            return AuditChain(expected).finish(rest: 0)
        }
        let size = try snapshot(log, &expected)
        var chain = AuditChain(expected)
        let rest = try lines(log, size) { chain.take($0) }
        return chain.finish(rest: rest)
    }

    /// Every line that can be read as one, in order.
    public func each(_ body: (JSONObject) -> Void) throws(AuditError) {
        guard let log = try opened() else { return }
        let number = log.number
        let size = try on { () throws(Errno) in try FileStatus.of(number).size }
        _ = try lines(log, size) { line in
            if let fields = AuditLine.fields(line) { body(fields) }
        }
    }

    private func opened() throws(AuditError) -> SharedDescriptor? {
        do throws(Errno) {
            return SharedDescriptor(try Files.open(AuditFile.name, O_RDONLY | O_NOFOLLOW, at: state.directory.number))
        } catch {
            guard error.rawValue == ENOENT else { throw failure(error) }
            return nil
        }
    }

    private func stored() throws(AuditError) -> AuditHead? {
        let log = AuditLog(state, AuditWho(uid: Host.user, frontEnd: "cli"))
        return try log.head()
    }

    private func snapshot(_ log: SharedDescriptor, _ expected: inout AuditExpectation) throws(AuditError) -> UInt64 {
        let deadline = Clock.monotonic() + 5_000_000_000
        while try !on({ () throws(Errno) in try Files.shareLock(log.number) }) {
            guard Clock.monotonic() < deadline else { throw .busy("\(state.path)/\(AuditFile.name)") }
            try on { () throws(Errno) in
                var nothing = Poll()
                try nothing.wait(timeout: 1_000_000)
            }
        }
        expected.head = try stored()
        return try on { () throws(Errno) in
            let size = try FileStatus.of(log.number).size
            try Files.unlock(log.number)
            return size
        }
    }

    private static let step = 1 << 20

    /// - Returns: How many bytes come after the last line break.
    private func lines(
        _ log: SharedDescriptor, _ size: UInt64, _ take: (ArraySlice<UInt8>) -> Void
    ) throws(AuditError) -> Int {
        var (offset, pending) = (UInt64(0), [UInt8]())
        while offset < size {
            let count = Int(min(UInt64(Self.step), size - offset))
            let part = try on { () throws(Errno) in try Transfer.read(log.number, at: offset, count: count) }
            guard !part.isEmpty else { break }
            offset += UInt64(part.count)
            let bytes = pending + part
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                take(bytes[start..<end])
                start = end + 1
            }
            pending = Array(bytes[start...])
        }
        return pending.count
    }

    private func on<Result>(_ body: () throws(Errno) -> Result) throws(AuditError) -> Result {
        do { return try body() } catch { throw failure(error) }
    }

    private func failure(_ error: Errno) -> AuditError { .system("\(state.path)/\(AuditFile.name)", error) }
}
