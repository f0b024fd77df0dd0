import Glibc
import Kernel
import Records

/// The terminal at which the caller sits: passed through to the task while somebody is attached, and put back afterwards in every
/// way of ending.
final class CallerTerminal {
    /// Standard input.
    private static let number: Int32 = 0
    private let original: termios
    private let raw: termios
    private var watcher: (pid: Int32, line: Int32)?

    /// Takes over the caller's terminal; nil: standard input is none.
    init?() throws(Errno) {
        guard Host.isTerminal(Self.number) else { return nil }
        original = try Terminal.settings(Self.number)
        raw = Terminal.raw(original)
        // Before the settings change: there is no moment in which a kill would leave them changed.
        watcher = try watch()
        try enter()
    }

    /// The size of the first of standard input, output and error that is a terminal; nil: none is, or nobody knows its size.
    static var size: WindowSize? {
        for number: Int32 in 0...2 where Host.isTerminal(number) {
            do {
                let (rows, columns) = try Terminal.size(number)
                if rows > 0, columns > 0 { return WindowSize(rows: rows, columns: columns) }
            } catch {
                continue
            }
        }
        return nil
    }

    /// Passes every key on.
    func enter() throws(Errno) { try Terminal.set(Self.number, raw) }

    /// Puts the settings back, and keeps what was not read.
    func leave() throws(Errno) { try Terminal.set(Self.number, original) }

    /// Puts the settings back for good. What was not read is thrown away: a terminal answers what a program prints on it asks,
    /// and those answers would be the next command line of the caller's shell.
    func restore() {
        do {
            try Terminal.set(Self.number, original, flushes: true)
        } catch {
            // The terminal was hung up: nobody sees its settings any more.
        }
        guard let (pid, line) = watcher else { return }
        watcher = nil
        do {
            try Transfer.write(line, [1])
            _ = try Processes.reap(pid)
        } catch {
            // Whoever killed it put an end to what it was for.
        }
        close(line)
    }

    // MARK: watcher

    /// Starts a process that puts the settings back if this one is killed without having done it (SIGKILL, out of memory).
    private func watch() throws(Errno) -> (pid: Int32, line: Int32) {
        let ends = try DescriptorPair.pipe()
        let pid = try checked { forkProcess() }
        if pid == 0 { watchOver(ends.first.number) }
        var line: Int32 = -1
        ends.apart { _, second in line = second.release() }
        return (pid, line)
    }

    private func watchOver(_ line: Int32) -> Never {
        do {
            // Out of the terminal's session: its signals end nothing here, and its settings can be set from the background.
            _ = try checked { setsid() }
            try Descriptors.closeAll(but: [line])
            for number: Int32 in 1...2 { close(number) }
            var byte: UInt8 = 0
            let got = try withUnsafeMutableBytes(of: &byte) { (raw) throws(Errno) in try Transfer.read(line, into: raw)
            }
            // A shell may have been quicker, and its own settings are for it to keep.
            if got == 0, Self.isSame(try Terminal.settings(Self.number), raw) {
                try Terminal.set(Self.number, original, flushes: true)
            }
        } catch {
            _exit(1)
        }
        _exit(0)
    }

    private static func isSame(_ left: termios, _ right: termios) -> Bool {
        let (mine, yours) = (left, right)
        return mine.c_iflag == yours.c_iflag && mine.c_oflag == yours.c_oflag && mine.c_lflag == yours.c_lflag
            && mine.c_cflag == yours.c_cflag
    }
}
