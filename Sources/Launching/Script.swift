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
        return parse(bytes)
    }

    /// The line as load_script() of the kernel takes it apart (fs/binfmt_script.c): bytes, and of the white space only blanks
    /// and tabs. A carriage return is a letter like any other.
    static func parse(_ bytes: [UInt8]) -> Script? {
        let start = bytes.prefix(lineLimit)
        guard start.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) else { return nil }
        let end = start.firstIndex(of: UInt8(ascii: "\n"))
        // The last byte of the buffer becomes the end of the line where there is none.
        let isCut = end == nil && start.count == lineLimit
        let line = start[2..<(isCut ? lineLimit - 1 : end ?? start.endIndex)].drop(while: isBlank)
        let name = line.prefix { !isBlank($0) && $0 != 0 }
        // A name that fills the buffer is only the beginning of one.
        guard !name.isEmpty, !isCut || name.endIndex < line.endIndex else { return nil }
        var argument = line[name.endIndex...].prefix { $0 != 0 }.drop(while: isBlank)
        while let last = argument.last, isBlank(last) { argument.removeLast() }
        return Script(
            interpreter: String(decoding: name, as: UTF8.self),
            argument: argument.isEmpty ? nil : String(decoding: argument, as: UTF8.self))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
