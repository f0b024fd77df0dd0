import ArgumentParser
import Audit
import Kernel
import Launching
import PolicyCompiling
import Tasks

/// Compiles one policy into the cache: `caisson run` starts it when there is nothing there that it can use.
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "compile", shouldDisplay: false)

    @OptionGroup var stateOption: StateOption
    @Option var approving: String?
    @Argument var path: String

    func run() throws {
        let environment = Host.environment()
        if Host.isTerminal(2) {
            Output.error("preparing policy \(path) for this host; this takes a few seconds once")
        }
        do {
            let state = try StateDirectory(try stateOption.state ?? StateDirectory.standardPath(environment))
            let compiled = try PolicyCompiler.compile(
                path, try PolicyLocation(environment), environment: environment, landlockABI: Host.landlockABI, state,
                approving: approving)
            // With a program more it is the same policy, which was written down when it was loaded.
            if approving == nil {
                let log = AuditLog(state, AuditWho(uid: Host.user, frontEnd: "cli"))
                try log.append(AuditEntry.loaded(compiled.policy, digest: compiled.digest))
            }
            // What was compiled before may have left something.
            Output.layersSwept(state)
        } catch {
            throw Output.failure(error)
        }
    }
}
