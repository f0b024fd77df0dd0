internal import Glibc
internal import Kernel
public import Policy

/// A command as a caller gives it.
public enum RequestedCommand: Sendable, Equatable {
    /// The program and its arguments.
    case arguments([String])
    /// One string, which is split if it needs no shell.
    case string(String)
}

/// A command after its name was looked up and the policy decided on it.
public struct ResolvedLaunch: Sendable {
    /// argv as the caller meant it.
    public var arguments: [String]
    /// argv as it is executed: for a script, its interpreter's.
    public var executed: [String]
    /// The file that is executed; nil if the decision is not to.
    public var program: ProgramIdentity?
    /// The scripts that lead to it, the one that the caller named first; empty if that is no script.
    var scripts: [ProgramIdentity] = []
    /// The answer of the command list.
    public var decision: Decision
}

extension ResolvedLaunch {
    /// Looks a command up and decides on it. Nothing is started.
    ///
    /// - Parameters:
    ///   - directory: Where a relative path of the command begins.
    ///   - shell: What the caller wants done with shell syntax; it can only be stricter than the policy.
    public static func resolve(
        _ command: RequestedCommand, _ compiled: CompiledPolicy, directory: String, workspace: String?,
        shell: ShellUse? = nil
    ) throws(LaunchError) -> ResolvedLaunch {
        let wanted = min(shell ?? compiled.table.shell, compiled.table.shell)
        switch command {
        case .arguments(let arguments):
            return try resolve(arguments, compiled, directory, workspace, throughShell: false)
        case .string(let text):
            switch CommandString(text) {
            case .words(let words): return try resolve(words, compiled, directory, workspace, throughShell: false)
            case .unclosedQuote(let column):
                return refused(text, "the quote at column \(column) is not closed", compiled)
            case .needsShell(let character, let column):
                guard wanted != .refuse else { return refused(text, character, column, compiled) }
                return try resolve(["sh", "-c", text], compiled, directory, workspace, throughShell: true)
            }
        }
    }

    private static func refused(
        _ text: String, _ character: String, _ column: Int, _ compiled: CompiledPolicy
    ) -> ResolvedLaunch {
        let why =
            "\"\(character)\" at column \(column) needs a shell, and this policy starts none (commands.shell = \"refuse\"); "
            + "pass `argv` to hand it over as a plain argument"
        return refused(text, why, compiled)
    }

    private static func refused(_ text: String, _ why: String, _ compiled: CompiledPolicy) -> ResolvedLaunch {
        let reason = Reason(why, rule: "commands.shell", origin: compiled.table.shellOrigin)
        let decision = Decision(.refused, key: "commands", reasons: [reason])
        return ResolvedLaunch(arguments: [text], executed: [], program: nil, decision: decision)
    }

    private static func resolve(
        _ arguments: [String], _ compiled: CompiledPolicy, _ directory: String, _ workspace: String?, throughShell: Bool
    ) throws(LaunchError) -> ResolvedLaunch {
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw LaunchError(.refused, "commands", "an argument has a NUL in it, which no process can be given")
        }
        let name = arguments.first ?? ""
        let path = compiled.policy.commands.path
        let finding = try ProgramSearch.find(name, path: path, directory: directory)
        if case .unusable(let place, let why) = finding {
            throw LaunchError(
                .notExecutable, "commands", "\(VisibleText.quoted(place)) can't be executed: \(why)",
                remedy: "name a program, or give the file permission to be executed (chmod +x)")
        }
        guard case .program(let program) = finding else {
            let decision = compiled.table.decide(argv: arguments, program: nil, workspace: workspace)
            return ResolvedLaunch(arguments: arguments, executed: [], program: nil, decision: decision)
        }
        let chain = try interpreters(of: program, arguments, directory)
        let decision = compiled.table.decide(
            argv: arguments, program: program, interpreters: chain.programs, workspace: workspace,
            throughShell: throughShell)
        return ResolvedLaunch(
            arguments: arguments, executed: chain.arguments, program: chain.programs.last ?? program,
            scripts: chain.programs.isEmpty ? [] : [program] + chain.programs.dropLast(),
            decision: decision)
    }

    /// Follows `#!` lines to the program that the kernel would run in the end, as execve(2) does.
    private static func interpreters(
        of program: ProgramIdentity, _ arguments: [String], _ directory: String
    ) throws(LaunchError) -> (programs: [ProgramIdentity], arguments: [String]) {
        var programs: [ProgramIdentity] = []
        var (current, argv) = (program, arguments)
        while let script = try Script.read(current.path) {
            guard programs.count < Script.depth else {
                throw LaunchError(
                    .notExecutable, "commands",
                    "\(program.path): interpreters are nested more than \(Script.depth) deep",
                    remedy: "let the first line of the script name a program")
            }
            let next = try interpreter(script, of: current.path, directory)
            argv = [script.interpreter] + (script.argument.map { [$0] } ?? []) + [current.path] + argv.dropFirst()
            programs.append(next)
            current = next
        }
        return (programs, argv)
    }
}

extension ResolvedLaunch {
    private static func interpreter(
        _ script: Script, of path: String, _ directory: String
    ) throws(LaunchError) -> ProgramIdentity {
        let name = VisibleText.quoted(script.interpreter)
        let why: String
        switch try ProgramSearch.find(Paths.join(directory, script.interpreter), path: []) {
        case .program(let program): return program
        case .unusable(_, let reason): why = "which can't be executed: \(reason)"
        case .nothing:
            let ending = script.interpreter.utf8.last == 0x0d ? " (its lines end as on Windows)" : ""
            why = "which this host does not have\(ending)"
        }
        throw LaunchError(
            .notExecutable, "commands", "\(path) names \(name) as its interpreter, \(why)",
            remedy: "install it, or correct the first line of the script")
    }
}

extension Decision {
    private static let installation =
        "install it where commands.path of the policy looks, or add its directory to commands.path and files.read"

    private static let asking =
        "start it with `caisson run` on a terminal, or over MCP through a client that asks people (elicitation)"

    /// The answer as an error, or nil if the command may be started.
    public func refusal(arguments: [String]) -> LaunchError? {
        guard !isAllowed else { return nil }
        let why = reasons.first?.description ?? "the policy refuses it"
        let nearest = nearestAllowed.isEmpty ? "" : "what is allowed instead: \(nearestAllowed.joined(separator: ", "))"
        switch verdict {
        case .notFound:
            let remedy = nearest.isEmpty ? Self.installation : nearest
            return LaunchError(.notFound, key, why, remedy: remedy, decision: self)
        case .ask:
            return LaunchError(
                .refused, key, "\(why); nobody can be asked here", remedy: Self.asking, decision: self)
        default: return LaunchError(.refused, key, why, remedy: nearest, decision: self)
        }
    }
}
