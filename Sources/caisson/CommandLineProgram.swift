import Glibc
import Kernel
import Launching
import Policy
import Tasks

/// The program `caisson`: finds the command, runs it, and says what went wrong.
struct CommandLineProgram {
    let arguments: [String]

    /// Commands that this executable runs itself.
    private static let own = ["run", "logs", "attach", "wait", "stop", "inspect"]
    /// Commands of `caisson-server`.
    private static let served = ["mcp", "policy", "ps", "doctor", "prune", "audit"]

    /// Runs the command of this process's command line and returns the exit code.
    static func main() -> Int32 {
        explained { () throws in
            try Inherited.putRight()
            switch Inherited.arguments() {
            case .success(let arguments):
                return try CommandLineProgram(arguments: Array(arguments.dropFirst())).dispatch()
            case .failure(let bad):
                throw UsageError(
                    "argument \(bad.place) is not UTF-8", "records, policies and answers are text: spell it in UTF-8")
            }
        }
    }

    private static func explained(_ body: () throws -> Int32) -> Int32 {
        do {
            return try body()
        } catch let error as UsageError {
            Message.print(error.message, remedy: error.remedy)
            return 125
        } catch let error as LaunchError {
            Message.print(error)
            return error.exitCode
        } catch let error as any ExplainedError {
            Message.print(error)
            return 125
        } catch {
            Message.print("\(error)", remedy: "")
            return 125
        }
    }

    private func dispatch() throws -> Int32 {
        guard let name = arguments.first else {
            Message.help(Help.overview, to: 2)
            return 125
        }
        let rest = Array(arguments.dropFirst())
        switch name {
        case "run": return try RunCommand(rest).run()
        case "logs": return try LogsCommand(rest).run()
        case "attach": return try AttachCommand(rest).run()
        case "wait": return try WaitCommand(rest).run()
        case "stop": return try StopCommand(rest).run()
        case "inspect": return try InspectCommand(rest).run()
        case "help", "--help", "-h":
            Message.help(Help.overview, to: 1)
            return 0
        case "--version", "version":
            Message.help("caisson \(Help.version)", to: 1)
            return 0
        default: break
        }
        guard Self.served.contains(name) else {
            let near = EditDistance.nearest(to: name, among: Self.own + Self.served)
            throw UsageError(
                "there is no command \(VisibleText.quoted(name))",
                near.map { "did you mean \"caisson \($0)\"?" } ?? "`caisson help` lists them")
        }
        try ServerProgram.replaceThisProgram(arguments)
    }
}

/// A command line that says nothing that can be done.
struct UsageError: Error {
    let message: String
    let remedy: String

    init(_ message: String, _ remedy: String) {
        (self.message, self.remedy) = (message, remedy)
    }
}
