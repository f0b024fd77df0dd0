import ArgumentParser
import Kernel
import Launching
import PolicyCompiling
import Supervision
import Tasks

/// What the commands print.
enum Output {
    /// A line on standard output.
    static func line(_ text: String) { write(text + "\n", to: 1) }

    /// A line on standard error, as `caisson: ...`.
    static func error(_ text: String) { write("caisson: \(text)\n", to: 2) }

    /// Prints an error with its remedy and makes it an exit code.
    static func failure(_ failure: any Error) -> ExitCode {
        switch failure {
        case let explained as any ExplainedError:
            error(explained.message)
            if !explained.remedy.isEmpty { error(explained.remedy) }
        default:
            for line in "\(failure)".split(separator: "\n") { error(String(line)) }
        }
        return ExitCode((failure as? LaunchError)?.exitCode ?? 125)
    }

    /// Takes away what nobody needs any more of compiled policies. What can't be taken away is told, and no failure.
    static func layersSwept(_ state: StateDirectory) {
        do { try UnusedLayers.remove(state) } catch let problem { error(problem.description) }
    }

    /// Signs what the audit log has. Where that can't be done now it is told, and the lines stay for the next checkpoint.
    static func signed(_ tasks: TaskCollection) {
        do { try tasks.checkpoint() } catch let problem { error(problem.description) }
    }

    /// A reader that is gone has nobody to be told.
    private static func write(_ text: String, to descriptor: Int32) {
        do { try Transfer.deliver(descriptor, Array(text.utf8)) } catch { return }
    }
}
