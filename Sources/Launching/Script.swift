internal import Glibc
internal import Kernel
internal import Policy

/// What execve(2) does with a `#!` line, done beforehand: the interpreter is what really runs.
struct Script {
    /// The interpreter's path as the line names it.
    let interpreter: String
    /// The rest of the line, one argument, or nil.
    let argument: String?

    /// The kernel reads no more of a file than this (BINPRM_BUF_SIZE).
    private static let lineLimit = 256
    /// The kernel follows interpreters that are scripts themselves four times (fs/exec.c).
    static let depth = 4

    /// Reads the first line of a file; nil: it is no script.
    static func read(_ path: String) throws(LaunchError) -> Script? {
        let bytes: [UInt8]
        do throws(Errno) {
            let file = try Files.open(path, O_RDONLY)
            bytes = try Transfer.read(file.number, at: 0, count: lineLimit)
        } catch {
            // A program that may be executed and not read is no script: the interpreter could not read it either.
            if error.rawValue == EACCES { return nil }
            throw LaunchError(.failed, "launch", "\(path): \(error)")
        }
        return parse(bytes, path)
    }

    private static func parse(_ bytes: [UInt8], _ path: String) -> Script? {
        guard bytes.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) else { return nil }
        let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
        let text = String(decoding: line, as: UTF8.self)
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        let name = trimmed.prefix { $0 != " " && $0 != "\t" }
        var rest = trimmed.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" || rest.last == "\r" { rest.removeLast() }
        return Script(interpreter: String(name), argument: rest.isEmpty ? nil : String(rest))
    }
}
