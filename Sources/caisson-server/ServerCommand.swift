import ArgumentParser
import Kernel

/// The commands that need more than a static executable has: parsing policies, the ledger, the protocol.
@main
struct ServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caisson", abstract: "Runs commands for AI agents, each in a sandbox of its own.",
        subcommands: [
            CompileCommand.self, MCPCommand.self, PolicyCommand.self, PsCommand.self, DoctorCommand.self,
            PruneCommand.self, AuditCommand.self,
        ])

    /// The version that clients are told.
    static let version = "0.1.0"
}

/// The option that every command has.
struct StateOption: ParsableArguments {
    @Option(name: .long, help: "The state directory (default: $CAISSON_STATE, else the usual place).")
    var state: String?
}
