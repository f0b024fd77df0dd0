import ArgumentParser
import FrontDoor
import Glibc
import Kernel
import Launching
import Policy
import PolicyCompiling
import Supervision

/// `caisson mcp`: serves MCP on standard input and output.
struct MCPCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mcp", abstract: "Serve MCP on standard input and output.",
        discussion: """
            Callers choose neither policy nor paths: a policy is one of the names given here, and every directory lies \
            beneath the workspace. Tasks go on when this server ends.

            examples:
              claude mcp add caisson -- caisson mcp --workspace "$PWD"
              claude mcp add caisson -- caisson mcp --workspace "$PWD" --policy build --allow-policy claude
              caisson mcp --policy build --allow-policy default --workspace /srv/agents/a
            """)

    @OptionGroup var stateOption: StateOption
    @Option(help: "What tasks may do: a name, or a file.") var policy = "default"
    @Option(help: "Another policy that callers may name; can be given several times.") var allowPolicy: [String] = []
    @Option(help: "The directory in which tasks work (default: the current one, if it may be one).")
    var workspace: String?

    func run() throws {
        do {
            let surroundings = try Surroundings(stateOption)
            // Monitors are children of this process; nobody waits for them.
            Processes.ignore(SIGCHLD)
            // A client that went away is an error of the write, not a death by signal.
            Processes.ignore(SIGPIPE)
            // Each call that waits has two descriptors, and a thousand is the limit of many sessions.
            try Host.raiseOpenFiles()
            let shelf = try surroundings.shelf(
                policy, others: allowPolicy, audit: surroundings.audit("mcp"))
            let workspace = try self.workspace(try shelf.policy().policy, surroundings)
            let supervisor = try surroundings.supervisor(shelf, workspace: workspace, principal: "mcp:\(Host.user)")
            Output.layersSwept(surroundings.state)
            Output.signed(supervisor.tasks)
            defer { Output.signed(supervisor.tasks) }
            try StdioServer(supervisor, version: ServerCommand.version).run()
        } catch {
            throw Output.failure(error)
        }
    }

    /// The named workspace, else the current directory if it may be one, else none.
    private func workspace(_ policy: EffectivePolicy, _ surroundings: Surroundings) throws -> String? {
        if let workspace { return try Workspace(workspace, policy: policy, off: surroundings.off).path }
        do throws(LaunchError) {
            return try Workspace(".", policy: policy, off: surroundings.off).path
        } catch {
            Output.error("no workspace: \(error.message); \(error.remedy)")
            return nil
        }
    }
}
