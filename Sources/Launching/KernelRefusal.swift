internal import Glibc
internal import Kernel
internal import Policy
internal import Records
internal import Spooling
public import Tasks

/// What the kernel probably stopped inside a task that failed, deduced from what the task said last.
///
/// The kernel tells nobody which execve it refused: a program that is not on the list is simply not there. The task's own
/// complaint names it, and the policy knows the name. It is a deduction, and marked as one.
public enum KernelRefusal {
    /// The sentence, or nil where nothing can be deduced.
    ///
    /// - Parameter compiled: The policy under which the task ran.
    public static func reason(_ view: TaskView, _ task: TaskDirectory, _ compiled: CompiledPolicy) throws(LaunchError)
        -> String?
    {
        guard view.status == .exited, view.end?.exitCode != 0, view.record.policyDigest == compiled.digest else {
            return nil
        }
        for word in try complaints(view, task) {
            if let reason = try reason(word, view, compiled) { return reason }
        }
        return nil
    }

    /// How much of the end of the output is looked at, and how many names in it.
    private static let (window, nameLimit) = (8 << 10, 100)

    /// What programs write after the name, or before it, when they could not start it; longer ones first.
    private static let signs = [
        "No such file or directory", "no such file or directory", "command not found", "executable file not found",
        "not found", "Permission denied", "permission denied", "cannot execute", "Operation not permitted", "ENOENT",
        "EACCES",
    ]

    /// The names next to complaints, those of the last line first.
    private static func complaints(_ view: TaskView, _ task: TaskDirectory) throws(LaunchError) -> [String] {
        let slice = try on("the task's output") { () throws(Errno) in
            try task.output(view.record).tail(.both, maxBytes: window)
        }
        var found: [String] = []
        for line in String(decoding: slice.bytes, as: UTF8.self).split(separator: "\n").reversed() {
            found += names(String(line))
            if found.count > nameLimit { break }
        }
        return found.filter { !$0.isEmpty && $0.utf8.count <= 256 }
    }

    /// The words on both sides of a complaint: `sh: 1: id: not found`, `No such file or directory: 'id'`.
    private static func names(_ line: String) -> [String] {
        for sign in signs {
            guard let range = line.firstRange(of: sign) else { continue }
            let before = line[..<range.lowerBound].split(whereSeparator: isSeparator).last
            let after = line[range.upperBound...].split(whereSeparator: isSeparator).first
            return [before, after].compactMap { $0.map(String.init) }
        }
        return []
    }

    private static func isSeparator(_ character: Character) -> Bool { " \t\r'\"`‘’“”:,;()[]{}<>".contains(character) }

    private static func reason(_ word: String, _ view: TaskView, _ compiled: CompiledPolicy) throws(LaunchError)
        -> String?
    {
        let directory = view.record.workingDirectory
        let finding = try ProgramSearch.find(word, path: compiled.policy.commands.path, directory: directory)
        guard case .program(let program) = finding else { return nil }
        let name = VisibleText.quoted(word)
        if let workspace = view.record.workspace, Paths.isWithin(program.path, workspace) {
            guard compiled.policy.files.execute.isEmpty else { return nil }
            return "\(name) lies in the workspace, and nothing that the task can write may be executed (files.execute)"
        }
        guard compiled.hasCommandList else { return nil }
        guard !compiled.table.kernelPrograms.contains(where: program.isSameFile) else { return nil }
        return
            "\(name) is not on the command list of policy \"\(compiled.policy.name)\", so that the kernel shows the task no such program "
            + "(commands.allow, children)"
    }
}
