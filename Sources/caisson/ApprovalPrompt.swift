import Glibc
import Kernel
import Launching
import Policy

/// Asks the person at the terminal whether a command of `commands.ask` may be started.
enum ApprovalPrompt {
    /// Asks, and waits for a line.
    ///
    /// - Returns: nil where nobody can be asked: standard input or standard error is no terminal, or there is none that controls
    ///   this process. What others could have written on standard input is no answer.
    static func ask(_ question: ApprovalQuestion) throws -> ApprovalAnswer? {
        guard let text = question.text, Host.isTerminal(0), Host.isTerminal(2), let terminal = try terminal() else {
            return nil
        }
        // What was typed before the question was seen is no answer to it.
        _ = try checked { tcflush(terminal.number, TCIFLUSH) }
        let lines = text.split(separator: "\n").map { "caisson: \($0)\n" }.joined()
        try Transfer.write(terminal.number, Array("\(lines)caisson: yes, once? [y/N] ".utf8))
        guard let line = try line(terminal.number) else { return .cancelled }
        return ["y", "yes"].contains(line.lowercased()) ? .approved : .declined
    }

    private static func terminal() throws(Errno) -> Descriptor? {
        do throws(Errno) {
            return try Files.open("/dev/tty", O_RDWR | O_NOCTTY)
        } catch {
            guard [ENXIO, ENOENT, ENODEV, EACCES].contains(error.rawValue) else { throw error }
            return nil
        }
    }

    /// A line without its end; nil: the input ended.
    private static func line(_ terminal: Int32) throws(Errno) -> String? {
        var bytes: [UInt8] = []
        while bytes.last != UInt8(ascii: "\n") {
            var byte: UInt8 = 0
            let count = try withUnsafeMutableBytes(of: &byte) { (raw) throws(Errno) in
                try Transfer.read(terminal, into: raw)
            }
            guard count > 0 else { return nil }
            bytes.append(byte)
        }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}
